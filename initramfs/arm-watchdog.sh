#!/bin/sh
# Sourced by dracut, last of all before the init of the new root starts. On a boot that the loader has counted as a try an init
# that never comes to do anything ends with a reset as well: the machine's watchdog counts from here on, for as long as the
# targets of the boot have, until migrate-watchdog.service gives it to systemd. rd.migrate.watchdog=SECONDS: another time, 0: never.
migrate_arm_watchdog() {
    [ "$(getarg migrate.why=)" = try ] && [ -c /dev/watchdog0 ] || return 0
    # Somebody is at the console.
    for migrate_word in emergency rescue single s S 1 -b systemd.unit=rescue.target systemd.unit=emergency.target \
        systemd.debug_shell systemd.debug_shell= systemd.debug-shell systemd.debug-shell=; do
        ! getarg "$migrate_word" > /dev/null || return 0
    done
    # A root whose system does not take it over, as the previous one may be after a fallback, would be reset whatever it does.
    # shellcheck disable=SC2154 # NEWROOT is dracut's
    [ -e "$NEWROOT/usr/lib/systemd/system/multi-user.target.wants/migrate-watchdog.service" ] || return 0
    [ ! -L "$NEWROOT/etc/systemd/system/migrate-watchdog.service" ] || return 0
    # One that does something else first, for as long as that takes: labels of SELinux, updates of packages.
    for migrate_flag in .autorelabel system-update etc/system-update; do
        [ ! -e "$NEWROOT/$migrate_flag" ] && [ ! -L "$NEWROOT/$migrate_flag" ] || return 0
    done
    migrate_seconds=$(getarg rd.migrate.watchdog=) || migrate_seconds=600
    [ "$migrate_seconds" != 0 ] || return 0
    # wdctl opens it before it asks for a time: one that cannot be stopped, refusing that, would count by a time of its own, fed by
    # nobody. So one that the kernel says too little of, that never stops, or that cannot count for so long (0: no limit) is not opened.
    migrate_watchdog=/sys/class/watchdog/watchdog0
    { read -r migrate_stays < $migrate_watchdog/nowayout && read -r migrate_most < $migrate_watchdog/max_timeout; } 2> /dev/null || return 0
    [ "$migrate_stays" = 0 ] || return 0
    [ "$migrate_most" = 0 ] || [ "$migrate_seconds" -le "$migrate_most" ] || return 0
    # One that somebody has open stays as it is.
    case $(wdctl --settimeout "$migrate_seconds" /dev/watchdog0 2> /dev/null) in
        *"set to $migrate_seconds second"*) ;;
        *) return 0 ;;
    esac
    # Opened, it counts; closed without a V, it goes on.
    true > /dev/watchdog0 || return 0
    info "migrate: the watchdog restarts this machine in $migrate_seconds seconds, unless its system takes it over"
}
migrate_arm_watchdog
