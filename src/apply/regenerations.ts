import type { RootPath } from '../domain/path.ts';

/** Files that a program makes from settings and data that are carried. */
export type Regeneration = {
  readonly program: string;
  readonly args: readonly string[];
  /** What it reads: where the plan brings or removes any of it, what the image has of its work is stale. */
  readonly sources: RegExp;
  /** Sources that are read line by line; null where there are none, or what it passes over in them is not this plain. */
  readonly settings: Settings | null;
  /** What it makes and no policy carries. The plan has it only where a rule names the path: then it is left as planned. */
  readonly makes: RegExp | null;
  /** What it rewrites, although the plan may have it: there the program has the last word. */
  readonly rewrites: RegExp | null;
  /** Where it makes and removes symbolic links, and has the last word on them, beside files that it leaves alone. */
  readonly relinks: RegExp | null;
  /** Files and directories that hold all it makes: what is new in them needs its SELinux label. */
  readonly places: readonly RootPath[];
};

/** Settings in lines, each of which says the same in whatever file of this name and place it stands. */
type Settings = {
  readonly files: RegExp;
  /** The lines that say nothing. */
  readonly passedOver: RegExp;
};

/**
 * What is made anew when its sources are carried, in the order in which it is done (cases 57, 58). None of these needs
 * more than files and /proc: no devices, no network, no running system. Not among them: `newaliases` and `postmap`, whose
 * databases are carried with their sources, and need a mail system that is set up.
 */
export const regenerations: readonly Regeneration[] = [
  {
    program: 'ldconfig',
    // -X: the cache alone; the links beside the libraries are as they were carried.
    args: ['-X'],
    sources: /^\/etc\/ld\.so\.conf(\.d\/.|$)|^\/usr\/local\/lib[^/]*\/.|\.so(\.[^/]*)?$/,
    // glibc, elf/ldconfig.c, parse_conf.
    settings: { files: /^\/etc\/ld\.so\.conf(\.d\/[^/]+)?$/, passedOver: /^[ \t]*(#.*)?$/ },
    makes: /^\/etc\/ld\.so\.cache$/,
    rewrites: null,
    relinks: null,
    places: ['/etc/ld.so.cache', '/var/cache/ldconfig'],
  },
  {
    // Debian's: the bundle, and links by name and by hash beside certificates that an administrator put there. Those links
    // are from the old image's certificates where they are carried: --fresh has all made anew.
    program: 'update-ca-certificates',
    args: ['--fresh'],
    sources:
      /^\/usr\/local\/share\/ca-certificates\/.|^\/etc\/ca-certificates(\.conf$|\/.)|^\/etc\/ssl\/certs\/(?!ca-certificates\.crt$)[^/]+$/,
    settings: { files: /^\/etc\/ca-certificates\.conf$/, passedOver: /^(#.*)?$/ },
    makes: /^\/etc\/ssl\/certs\/ca-certificates\.crt$/,
    rewrites: null,
    relinks: /^\/etc\/ssl\/certs\/[^/]+$/,
    places: ['/etc/ssl/certs'],
  },
  {
    program: 'update-ca-trust',
    args: [],
    sources: /^\/etc\/pki\/ca-trust\/source\/./,
    settings: null,
    makes: /^\/etc\/pki\/ca-trust\/extracted\/./,
    rewrites: null,
    relinks: null,
    places: ['/etc/pki/ca-trust/extracted'],
  },
  {
    program: 'update-crypto-policies',
    args: ['--no-check', '--no-reload'],
    sources: /^\/etc\/crypto-policies\/(config$|local\.d\/.|policies\/.)/,
    settings: null,
    makes: /^\/etc\/crypto-policies\/(back-ends|state)\/./,
    rewrites: null,
    relinks: null,
    places: ['/etc/crypto-policies/back-ends', '/etc/crypto-policies/state'],
  },
  {
    program: 'authselect',
    args: ['apply-changes'],
    sources: /^\/etc\/authselect\/(authselect\.conf$|user-nsswitch\.conf$|custom\/.)/,
    settings: null,
    makes:
      /^\/etc\/authselect\/((system|password|smartcard|fingerprint)-auth|postlogin|nsswitch\.conf|dconf-(db|locks))$|^\/var\/lib\/authselect\/checksum$/,
    rewrites: /^\/etc\/authselect\/authselect\.conf$/,
    relinks: /^\/etc\/(nsswitch\.conf|pam\.d\/[^/]+|dconf\/db\/distro\.d\/.+)$/,
    places: ['/etc/authselect', '/var/lib/authselect', '/etc/nsswitch.conf', '/etc/pam.d', '/etc/dconf/db'],
  },
  {
    program: 'dconf',
    args: ['update'],
    sources: /^\/etc\/dconf\/db\/[^/]+\.d\/./,
    settings: null,
    makes: null,
    rewrites: /^\/etc\/dconf\/db\/[^/]+$/,
    relinks: null,
    places: ['/etc/dconf/db'],
  },
  {
    program: 'systemd-hwdb',
    args: ['update'],
    sources: /^\/etc\/udev\/hwdb\.d\/./,
    settings: null,
    makes: /^\/etc\/udev\/hwdb\.bin$/,
    rewrites: null,
    relinks: null,
    places: ['/etc/udev/hwdb.bin'],
  },
  {
    // Without the option it would remove the image's locales first.
    program: 'locale-gen',
    args: ['--keep-existing'],
    sources: /^\/etc\/locale\.gen$|^\/usr\/local\/share\/i18n\/./,
    settings: { files: /^\/etc\/locale\.gen$/, passedOver: /^[ \t]*(#.*)?$/ },
    makes: /^\/usr\/lib\/locale\/locale-archive$/,
    rewrites: null,
    relinks: null,
    places: ['/usr/lib/locale'],
  },
  {
    // It makes the whole store anew beside the old one, carried modules included. -n: there is no kernel to load it into.
    program: 'semodule',
    args: ['-B', '-n'],
    sources: /^\/var\/lib\/selinux\/[^/]+\/active\/(modules\/(400|disabled)\/.|[^/]+\.local$)/,
    settings: null,
    makes: /^\/etc\/selinux\/[^/]+\/policy\/.|^\/var\/lib\/selinux\/[^/]+\/active\/policy\.kern$/,
    rewrites: /^\/var\/lib\/selinux\/|^\/etc\/selinux\/[^/]+\/(seusers$|contexts\/)/,
    relinks: null,
    places: ['/etc/selinux', '/var/lib/selinux'],
  },
];
