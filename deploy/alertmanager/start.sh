#!/bin/sh
# Alertmanager with the configuration beside this file. Its WeCom secret is put in here, because versions before 0.31 cannot read that one from a file.
# CONFIGURATION: where this file lies; SECRETS: a folder with wecom_secret; RENDERED: a place in memory for the result.
set -eu
umask 077
here=${CONFIGURATION:-/etc/alertmanager}
rendered=${RENDERED:-/run/alertmanager}
secret=$(cat "${SECRETS:-/etc/alertmanager/secrets}/wecom_secret")
cp "$here/hubbub.tmpl" "$rendered/hubbub.tmpl"
while IFS= read -r line; do
  case $line in
    *": WECOM_SECRET") printf '%s%s\n' "${line%WECOM_SECRET}" "$secret" ;;
    *) printf '%s\n' "$line" ;;
  esac
done < "$here/alertmanager.yaml" > "$rendered/alertmanager.yaml"
exec "${ALERTMANAGER:-/bin/alertmanager}" --config.file="$rendered/alertmanager.yaml" "$@"
