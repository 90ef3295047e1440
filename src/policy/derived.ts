import type { Rule } from '../domain/policy.ts';

/** Paths that a system makes for itself, and from what; carried into another image they would be wrong there. */
type Derived = { readonly pattern: string; readonly reason: string };

const cache = 'a cache';
const packageDatabase = 'the package database comes with the image';
const packageIndex = 'an index of packages, made anew';
const packageScripts = "what the image's packages recorded when they were installed";
const selinuxPolicy = 'the compiled SELinux policy belongs to the image';
const cryptoPolicy = 'made by update-crypto-policies for the programs of the image';
const authselect = 'made by authselect from a profile of the image';

/**
 * What is made from other files, or only for the system that made it. True of every system, so that a policy takes such a
 * path only by naming it (cases 55, 57, 58, 60). The settings that it is made from (`/etc/crypto-policies/config`,
 * `/etc/authselect/custom`, `/etc/pki/ca-trust/source`, `/usr/local/share/ca-certificates`) are not among them.
 */
export const derivedFiles: readonly Derived[] = [
  { pattern: '/etc/.updated', reason: 'a stamp; without it systemd does its work after an update' },
  { pattern: '/var/.updated', reason: 'a stamp; without it systemd does its work after an update' },
  { pattern: '/etc/ld.so.cache', reason: "made by ldconfig from the image's libraries" },
  { pattern: '/etc/mtab', reason: 'what the kernel has mounted' },
  { pattern: '/etc/.pwd.lock', reason: 'a lock of running programs' },
  { pattern: '/etc/udev/hwdb.bin', reason: 'made by systemd-hwdb for one version of udev' },
  { pattern: '/var/lib/systemd/catalog/**', reason: "made by journalctl from the image's message catalogues" },
  { pattern: '/var/lib/systemd/random-seed', reason: 'a seed is used once; each version writes its own' },
  { pattern: '/var/lib/initramfs-tools/**', reason: "sums of the initramfs files of the image's kernels" },

  { pattern: '/var/cache/**', reason: cache },
  { pattern: '/etc/lvm/cache/**', reason: cache },
  { pattern: '/var/lib/libvirt/qemu/capabilities/**', reason: 'what QEMU can do on the machine, looked up anew' },
  { pattern: '/var/lib/sss/mc/**', reason: cache },
  { pattern: '/var/lib/sss/db/config.ldb', reason: 'made by SSSD from its settings at every start' },
  { pattern: '/var/db/nscd/**', reason: cache },
  { pattern: '/var/lib/plocate/**', reason: 'an index of file names, made anew every day' },
  { pattern: '/var/lib/mlocate/**', reason: 'an index of file names, made anew every day' },
  { pattern: '/var/lib/swcatalog/**', reason: 'a catalogue of packages, loaded anew' },
  { pattern: '/var/lib/app-info/**', reason: 'a catalogue of packages, loaded anew' },
  { pattern: '/usr/local/lib/python*/**/__pycache__/', reason: 'compiled by Python when it is needed' },
  { pattern: '/usr/local/share/fonts/**/.uuid', reason: 'a name that fontconfig gave to its cache' },

  { pattern: '/etc/selinux/*/policy/**', reason: selinuxPolicy },
  { pattern: '/etc/selinux/*/.policy.sha512', reason: 'the sum of the compiled SELinux policy' },
  { pattern: '/etc/selinux/*/contexts/files/*.bin', reason: 'compiled from the file beside it' },
  { pattern: '/etc/selinux/*/contexts/files/file_contexts', reason: selinuxPolicy },
  { pattern: '/etc/selinux/*/contexts/files/file_contexts.homedirs', reason: selinuxPolicy },
  { pattern: '/var/lib/selinux/*/active/policy.kern', reason: selinuxPolicy },
  { pattern: '/var/lib/selinux/*/active/*.linked', reason: selinuxPolicy },
  { pattern: '/var/lib/selinux/*/active/file_contexts', reason: selinuxPolicy },
  { pattern: '/var/lib/selinux/*/active/file_contexts.homedirs', reason: selinuxPolicy },
  { pattern: '/var/lib/selinux/*/active/commit_num', reason: selinuxPolicy },

  { pattern: '/etc/crypto-policies/back-ends/**', reason: cryptoPolicy },
  { pattern: '/etc/crypto-policies/state/**', reason: cryptoPolicy },
  { pattern: '/etc/authselect/system-auth', reason: authselect },
  { pattern: '/etc/authselect/password-auth', reason: authselect },
  { pattern: '/etc/authselect/smartcard-auth', reason: authselect },
  { pattern: '/etc/authselect/fingerprint-auth', reason: authselect },
  { pattern: '/etc/authselect/postlogin', reason: authselect },
  { pattern: '/etc/authselect/nsswitch.conf', reason: authselect },
  { pattern: '/etc/authselect/dconf-db', reason: authselect },
  { pattern: '/etc/authselect/dconf-locks', reason: authselect },
  { pattern: '/var/lib/authselect/checksum', reason: authselect },
  {
    pattern: '/etc/ssl/certs/ca-certificates.crt',
    reason: 'made by update-ca-certificates from the certificates of the image and of this machine',
  },
  { pattern: '/etc/pki/ca-trust/extracted/**', reason: 'made by update-ca-trust from the certificates of the image' },

  { pattern: '/var/lib/dpkg/status', reason: packageDatabase },
  { pattern: '/var/lib/dpkg/status-old', reason: packageDatabase },
  { pattern: '/var/lib/dpkg/available*', reason: packageDatabase },
  { pattern: '/var/lib/dpkg/diversions*', reason: packageDatabase },
  { pattern: '/var/lib/dpkg/arch', reason: packageDatabase },
  { pattern: '/var/lib/dpkg/lock*', reason: packageDatabase },
  { pattern: '/var/lib/dpkg/info/**', reason: packageDatabase },
  { pattern: '/var/lib/dpkg/triggers/**', reason: packageDatabase },
  { pattern: '/var/lib/dpkg/updates/**', reason: packageDatabase },
  { pattern: '/var/lib/dpkg/parts/**', reason: packageDatabase },
  { pattern: '/var/lib/apt/**', reason: packageDatabase },
  { pattern: '/var/lib/aptitude/**', reason: packageDatabase },
  { pattern: '/var/lib/rpm/', reason: packageDatabase },
  { pattern: '/var/lib/rpm-state/**', reason: packageDatabase },
  { pattern: '/var/lib/dnf/**', reason: packageDatabase },
  { pattern: '/var/lib/yum/**', reason: packageDatabase },
  { pattern: '/usr/lib/sysimage/**', reason: packageDatabase },
  { pattern: '/var/lib/PackageKit/**', reason: packageDatabase },
  { pattern: '/var/lib/apt-xapian-index/**', reason: packageIndex },
  { pattern: '/var/lib/command-not-found/**', reason: packageIndex },
  { pattern: '/var/lib/systemd/deb-systemd-helper-enabled/', reason: packageScripts },
  { pattern: '/var/lib/systemd/deb-systemd-helper-masked/', reason: packageScripts },
  { pattern: '/var/lib/systemd/deb-systemd-user-helper-enabled/', reason: packageScripts },
  { pattern: '/var/lib/systemd/deb-systemd-user-helper-masked/', reason: packageScripts },
  { pattern: '/var/lib/python/**', reason: packageScripts },
];

/** The derived files as rules; `line` is the number of the first. */
export function derivedRules(line: number): Rule[] {
  return derivedFiles.map(({ pattern, reason }, index) => ({
    verb: 'ignore',
    pattern,
    attributes: {},
    source: { file: 'built in', line: line + index },
    reason,
    firm: true,
  }));
}
