#!/bin/bash
# dracut module of migrate: makes a version in the initramfs, before its root is mounted. For dracut 059 and later, with and
# without systemd in the initramfs. The binary is not in it: boot entries that have work to do load it as a second initrd.
# shellcheck disable=SC2154 # dracut gives moddir, initdir, systemdsystemunitdir, hostonly, lvmconf and dracutsysrootdir

check() {
    # Only where it is asked for: add_dracutmodules+=" migrate "
    return 255
}

depends() {
    echo fs-lib
    # Activates the volume that the root is on.
    ! find_binary lvm > /dev/null || echo lvm
    return 0
}

installkernel() {
    # The old root may have another filesystem than the one dracut finds in use.
    hostonly='' instmods btrfs ext4 xfs f2fs overlay
    # Roots and volumes in a thin pool.
    hostonly='' instmods dm_thin_pool dm_snapshot
    # What a watchdog of the machine counts by, also software alone where the kernel command line asks for it (rd.driver.pre=softdog).
    instmods '=drivers/watchdog'
    # A repair tells the loader, which may read an EFI system partition.
    hostonly='' instmods vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8
    # systemd-boot tells by a variable of the firmware that it has counted a start.
    hostonly='' instmods efivarfs
    # The recovery shell has a network where the root is lost too. Where dracut knows the machine it takes its drivers only;
    # else those of virtual machines and of usual boards. All others come from the root.
    local ethernet='e1000 e1000e igb igc r8169 tg3 ena gve mana'
    [[ ! $hostonly ]] || ethernet='=drivers/net/ethernet'
    # shellcheck disable=SC2086 # A list.
    instmods $ethernet virtio_net vmxnet3 hv_netvsc xen-netfront
}

install() {
    inst_multiple mount umount blkid blockdev chroot udevadm
    # A /proc of their own for programs of the new root that make anew what is derived.
    inst_multiple -o unshare
    inst_multiple -o btrfs tune2fs xfs_admin xfs_db
    # Roots that are put together of layers.
    inst_simple "$moddir/mount.migrate" /usr/sbin/mount.migrate
    inst_multiple mkdir readlink chmod flock
    # Fills volumes that are new.
    inst_multiple cp
    # Reads kernel modules that are compressed with it.
    inst_multiple -o xz
    # The recovery shell.
    inst_multiple setsid sh ls cat modprobe
    inst_multiple -o less vi findmnt lsblk dmesg
    install_network
    inst_hook pre-trigger 99 "$moddir/release-root.sh"
    ! find_binary lvm > /dev/null || install_lvm
    inst_multiple -o wdctl
    inst_hook cleanup 99 "$moddir/arm-watchdog.sh"
    if dracut_module_included systemd; then
        inst_simple "$moddir/migrate.service" "$systemdsystemunitdir/migrate.service"
        inst_multiple systemctl
        # Required, so that no root is mounted that has not been through it.
        mkdir -p "$initdir$systemdsystemunitdir/sysroot.mount.requires"
        ln_r "$systemdsystemunitdir/migrate.service" "$systemdsystemunitdir/sysroot.mount.requires/migrate.service"
    else
        inst_multiple reboot
        inst_hook pre-mount 50 "$moddir/migrate-pre-mount.sh"
        # Before the hook that would take the root for what its disk holds.
        inst_hook mount 50 "$moddir/mount-root.sh"
    fi
}

# The network of the recovery shell, by what the image has for one.
install_network() {
    inst_simple "$moddir/recovery-network" /usr/lib/migrate/recovery-network
    inst_multiple cp sleep
    inst_multiple -o ip ping dhcpcd dhclient dhclient-script udhcpc \
        /etc/udhcpc/default.script /usr/share/udhcpc/default.script
    # Its library, of several MB, is in an initramfs with systemd anyway.
    dracut_module_included systemd || return 0
    inst_multiple -o /usr/lib/systemd/systemd-networkd /usr/lib/systemd/systemd-network-generator
    # It gives up root for this user, which dracut's own module of systemd has put there already.
    local file
    for file in passwd group; do
        grep -q '^systemd-network:' "$initdir/etc/$file" 2> /dev/null && continue
        grep '^systemd-network:' "$dracutsysrootdir/etc/$file" >> "$initdir/etc/$file" 2> /dev/null
    done
    return 0
}

install_lvm() {
    # A root is a snapshot of its image; volumes that are new are made.
    inst_multiple lvs vgs lvcreate lvchange lvrename lvremove dmsetup
    inst_multiple -o mke2fs /etc/mke2fs.conf thin_check
    # What dracut's own lvm installs after this would find the file there and leave it: a system ID, host tags, devices.
    if [[ ($hostonly || $lvmconf == yes) && -f $dracutsysrootdir/etc/lvm/lvmlocal.conf ]]; then
        inst_simple -H /etc/lvm/lvmlocal.conf
    fi
    # The booted system watches its pools itself (lvm2-monitor.service); what would do it here does not outlive the initramfs.
    mkdir -p "$initdir/etc/lvm"
    # The last line of the machine's own may have no end.
    printf '\n%s\n' 'activation/monitoring = 0' >> "$initdir/etc/lvm/lvmlocal.conf"
}
