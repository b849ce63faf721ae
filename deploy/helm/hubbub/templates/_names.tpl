{{- define "hubbub.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* What never changes in the life of a release: selectors are made of it. */}}
{{- define "hubbub.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "hubbub.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "hubbub.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "hubbub.shared" -}}
{{- if eq .Values.store.kind "shared" }}true{{ end }}
{{- end }}

{{/* preStop, then the drain window, then 20 s: 5 of last words, 5 of last commits, 2 of open requests, and room. */}}
{{- define "hubbub.graceSeconds" -}}
{{ add .Values.drain.preStopSeconds .Values.drain.seconds 20 }}
{{- end }}

{{/* An Istio sidecar speaks to the server from 127.0.0.6. */}}
{{- define "hubbub.trustedProxies" -}}
{{- $proxies := .Values.trustedProxies }}
{{- if .Values.istio.enabled }}{{ $proxies = append $proxies "127.0.0.6" }}{{ end }}
{{- join "," $proxies }}
{{- end }}
