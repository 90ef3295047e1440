#!/bin/sh
# Sourced by dracut. Until the migration has committed, what root= names is not there: dracut must not wait for it before
# its pre-mount stage. migrate waits for the devices that it needs.
if getarg migrate.run > /dev/null; then
    migrate_root=$(label_uuid_to_dev "$(getarg root=)")
    # shellcheck disable=SC2154 # hookdir is dracut's
    rm -f "$hookdir/initqueue/finished/devexists-$(str_replace "$migrate_root" '/' '\x2f').sh"
    # The same where its volume is to be activated.
    for migrate_volume in $(getargs rd.lvm.lv=); do
        migrate_node=$(str_replace "$(str_replace "$migrate_volume" - --)" / -)
        [ "/dev/mapper/$migrate_node" != "$migrate_root" ] \
            || rm -f "$hookdir/initqueue/finished/devexists-$(str_replace "/dev/$migrate_volume" '/' '\x2f').sh"
    done
fi
