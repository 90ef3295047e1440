#!/bin/sh
# Sourced by dracut's init where there is no systemd. Without the binary, or after a failure from which this kernel has no
# way back, only a reboot leads to the previous version; a repair always ends with one.
if getarg migrate.run > /dev/null; then
    if ! /usr/bin/migrate boot --log kernel || getarg migrate.recovery= > /dev/null; then
        getarg migrate.recovery= > /dev/null || warn "migrate failed: rebooting into the previous version"
        sync
        reboot -f || echo b > /proc/sysrq-trigger
        sleep 60
    fi
fi
