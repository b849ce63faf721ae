#!/bin/bash
# Run once by the image, on an empty data directory: the standby may connect, with the password of the database.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE standby WITH REPLICATION LOGIN PASSWORD :'password';
SELECT pg_create_physical_replication_slot('standby');
SQL
echo "host replication standby samenet scram-sha-256" >> "$PGDATA/pg_hba.conf"
