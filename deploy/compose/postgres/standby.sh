#!/bin/bash
# Copy the primary once, then follow it. PRIMARY: its host (and PGPORT its port); PGPASSWORD: that of the role `standby`.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    pg_basebackup --host "$PRIMARY" --username standby --pgdata "$PGDATA" --checkpoint fast \
        --wal-method stream --slot standby --write-recovery-conf
fi
exec postgres "$@"
