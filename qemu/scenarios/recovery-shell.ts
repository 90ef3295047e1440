import { pick } from '../loader/machines.ts';
import { menu, repair, slowMenu, typedInShell } from '../recovery-menu.ts';
import type { Expectations, Scenario, Step } from '../scenario.ts';

/** The shell says this of the network, and has such a resolver; a server outside the machine answers a program of the root. */
const shellWith = (address: RegExp, resolver: RegExp): readonly Step[] => [
  // Below the version on trial, and the good one.
  ...repair(2, 'shell'),
  { wait: /The store is at \/run\/migrate\/store, read-only/, seconds: 400 },
  { wait: address },
  ...typedInShell('cat /etc/resolv.conf', resolver),
  ...typedInShell(
    'chroot /run/migrate/root bash -c \'exec 3<>/dev/tcp/10.0.2.100/7; read -r line <&3; echo "answer=$line"\'',
    /answer=reached/,
  ),
];

const leave: readonly Step[] = [...typedInShell('exit', /exit/), menu, { type: pick(1) }];

const asBefore: Expectations = {
  'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
  'migrate loader show | tail -n 1': /^On trial trixie\.\d+, 2 starts left$/,
  'migrate volume fsck': 'The ledger and the store agree',
};

const settings =
  '[Match]\\nName=en*\\n[Network]\\nAddress=10.0.2.77/24\\nGateway=10.0.2.2\\nDNS=10.0.2.4\\nLinkLocalAddressing=no\\n';

export const scenario: Scenario = {
  name: 'recovery-shell',
  promise:
    'The recovery shell of the menu has the store and the root, which it cannot change, and a network, by DHCP or as the machine has it set; when it is left the machine restarts as it was.',
  layout: 'store',
  loader: 'migrate',
  network: true,
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: 'echo atlas > /etc/hostname',
  diskChanges: slowMenu,
  entries: {},
  fullOnly: true,
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      steps: [
        ...shellWith(/The network is up: 10\.0\.2\.15\r/, /nameserver 10\.0\.2\.3\r/),
        ...typedInShell('cat /proc/net/route', /00000000\s+0202000A/),
        ...typedInShell('migrate versions', /bookworm\.1\b/),
        ...typedInShell('echo changed > /run/migrate/store/changed; echo "wrote=$?"', /wrote=[1-9]/),
        ...typedInShell('cat /run/migrate/root/etc/hostname', /atlas/),
        ...leave,
      ],
      kernels: [/^6\.1\./, /^6\.1\./],
      report: {
        ...asBefore,
        // As somebody does who has systemd-networkd use fixed addresses.
        [`printf '${settings}' > /etc/systemd/network/10-wired.network && echo set`]: 'set',
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      steps: [...shellWith(/The network is up: 10\.0\.2\.77\r/, /nameserver 10\.0\.2\.4\r/), ...leave],
      kernels: [/^6\.1\./, /^6\.1\./],
      report: asBefore,
    },
  ],
};
