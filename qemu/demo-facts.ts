/** Something to see of a machine: a command, and what it must say after the update. */
type Fact = { readonly name: string; readonly question: string; readonly expected: 'kept' | RegExp };

/** What the demo shows before and after; the order of the lines. */
export const facts: readonly Fact[] = [
  { name: 'system', question: '. /etc/os-release; echo $PRETTY_NAME', expected: /trixie/ },
  { name: 'kernel', question: 'uname -r', expected: /^6\.12\./ },
  { name: 'root', question: 'findmnt --noheadings --output SOURCE /', expected: /@v2/ },
  { name: 'host name', question: 'hostname', expected: 'kept' },
  { name: 'machine id', question: 'cat /etc/machine-id', expected: 'kept' },
  {
    name: 'SSH host key',
    question: 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -c 1-40',
    expected: 'kept',
  },
  { name: 'fstab: /data', question: 'findmnt --noheadings --output SOURCE /data', expected: 'kept' },
  {
    name: 'fstab: /var/lib/early (x-initrd.mount)',
    question: 'findmnt --noheadings --output SOURCE /var/lib/early',
    expected: 'kept',
  },
  {
    name: 'fstab: /srv/scratch',
    question: 'findmnt --noheadings --output FSTYPE,OPTIONS /srv/scratch | cut -c 1-40',
    expected: /^tmpfs/,
  },
  { name: 'kernel module zram, num_devices=3', question: 'ls /sys/block | grep zram', expected: 'kept' },
  {
    name: "sshd_config: the operator's lines",
    question: "grep -E '^(Port|PermitRootLogin) ' /etc/ssh/sshd_config",
    expected: 'kept',
  },
  {
    name: "sshd_config: the image's line",
    question: 'grep ^AcceptEnv /etc/ssh/sshd_config',
    expected: /COLORTERM/,
  },
  { name: 'program with a capability', question: 'getcap /usr/local/bin/beacon', expected: 'kept' },
  {
    name: 'its access list',
    question: 'getfacl --absolute-names --omit-header /usr/local/bin/beacon | grep backup',
    expected: 'kept',
  },
  {
    name: 'deleted file /etc/sudoers.d/README',
    question: 'test -e /etc/sudoers.d/README && echo there || echo deleted',
    expected: 'kept',
  },
  {
    name: 'failed units',
    question: 'systemctl --failed --no-legend --plain | grep . || echo none',
    expected: /^none$/,
  },
];
