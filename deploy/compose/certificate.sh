#!/bin/sh
# A certificate of our own for this machine, if there is none yet: for looking around, not for the public.
set -eu
cd "${1:-/tls}"
test -s hubbub.pem && exit 0
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
    -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -keyout tls.key -out tls.crt
cat tls.crt tls.key > hubbub.pem
chmod 0644 tls.crt hubbub.pem tls.key   # HAProxy reads it as a user of its own; the volume is nobody else's
