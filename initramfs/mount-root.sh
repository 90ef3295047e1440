#!/bin/sh
# Sourced by dracut's init where there is no systemd. dracut's own hook mounts the root as what is found on its disk (det_fs);
# of a root of layers that is the filesystem below them, whatever rootfstype= says.
# shellcheck disable=SC2154 # fstype, rflags, root and NEWROOT are dracut's
if [ "$fstype" = migrate ] && ! ismounted "$NEWROOT"; then
    # No other hook is to try it in another way.
    until mount -t migrate -o "$rflags" "${root#block:}" "$NEWROOT"; do
        emergency_shell "Cannot mount the root of layers"
    done
fi
