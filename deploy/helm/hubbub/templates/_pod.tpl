{{/* What the server and the migration share: settings as variables, and secrets by reference only. */}}
{{- define "hubbub.env" -}}
- {name: HUBBUB_DRAIN_SECONDS, value: {{ .Values.drain.seconds | quote }}}
- {name: HUBBUB_INTERNAL_HOST, value: "0.0.0.0"}
{{- with .Values.publicUrl }}
- {name: HUBBUB_PUBLIC_URL, value: {{ . | quote }}}
{{- end }}
{{- with .Values.allowedOrigins }}
- {name: HUBBUB_ALLOWED_ORIGINS, value: {{ join "," . | quote }}}
{{- end }}
{{- with include "hubbub.trustedProxies" . }}
- {name: HUBBUB_TRUSTED_PROXIES, value: {{ . | quote }}}
{{- end }}
{{- range $key, $value := .Values.settings }}
- {name: HUBBUB_{{ $key | replace "." "_" | upper }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- range $key, $reference := .Values.secretSettings }}
- name: HUBBUB_{{ $key | replace "." "_" | upper }}
  valueFrom: {secretKeyRef: {name: {{ $reference.secret }}, key: {{ $reference.key }}}}
{{- end }}
{{- with .Values.auth }}
{{- if .secret }}
- name: HUBBUB_AUTH_SECRET
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- end }}
{{- end }}
{{- if include "hubbub.shared" . }}
- name: HUBBUB_DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.store.database.secret }}, key: {{ .Values.store.database.key }}}}
- name: HUBBUB_BUS
  valueFrom: {secretKeyRef: {name: {{ .Values.store.bus.secret }}, key: {{ .Values.store.bus.key }}}}
{{- end }}
{{- end }}

{{/* Of the server alone. */}}
{{- define "hubbub.tcpEnv" -}}
{{- if .Values.tcp.enabled -}}
- {name: HUBBUB_TCP_HOST, value: "0.0.0.0"}
- {name: HUBBUB_TCP_PORT, value: "8090"}
{{- if .Values.tcp.tlsSecret }}
- {name: HUBBUB_TCP_CERTIFICATE_FILE, value: /etc/hubbub/tls/tls.crt}
- {name: HUBBUB_TCP_KEY_FILE, value: /etc/hubbub/tls/tls.key}
{{- end }}
{{- end }}
{{- end }}

{{- define "hubbub.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "hubbub.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
