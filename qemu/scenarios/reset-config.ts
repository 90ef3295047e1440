import { changesInForce, newImageInForce, operatorChanges } from '../operator.ts';
import type { Expectations, Scenario } from '../scenario.ts';
import { tryNext } from '../store-machine.ts';
import { volumes } from '../store-updates.ts';

/** The version on trial is good from here on. */
const isGood: Expectations = {
  'systemctl start migrate-good.service; migrate status | head -n 1': /^Running +next\.\d+, good since /,
};

const onTrial = /^On trial next\.\d+, 2 starts left$/;

/** Has a command say what it has to only where it fails. */
const arming = (words: string): string =>
  `migrate ${words} > /root/said 2>&1 || cat /root/said; migrate loader show | tail -n 1`;

/** What the factory archive says lies over what the image has, where the reset takes that. */
const factory = `
mkdir -p /run/factory/etc/app /run/factory/srv /usr/share/migrate
echo factory > /run/factory/etc/app/settings
echo factory > /run/factory/etc/motd
echo factory > /run/factory/etc/hostname
echo factory > /run/factory/srv/data
tar --create --gzip --directory /run/factory --file /usr/share/migrate/factory.tar.gz .
rm -r /run/factory
`;

/** Of a machine whose settings were reset: the rest of its root and its data are what they were. */
const isReset: Expectations = {
  'cat /etc/hostname /etc/machine-id': 'atlas\n0123456789abcdef0123456789abcdef',
  'sha256sum --check --quiet /root/host-keys.sha256 && echo kept': 'kept',
  "grep -E '^(Port|PermitRootLogin) ' /etc/ssh/sshd_config | wc -l": '0',
  'grep --count alice /etc/passwd': '0',
  'cat /etc/app/settings /etc/motd': 'factory\nfactory',
  'findmnt --noheadings --output FSROOT /etc/app': /^\/migrate\/volumes\/app\/branches\/next\.\d+$/,
  'findmnt --noheadings --output FSROOT /srv': '/migrate/volumes/srv/branches/main',
  'cat /srv/data': 'data',
  'getcap /usr/local/bin/beacon': '/usr/local/bin/beacon cap_net_raw=ep',
  'test -e /etc/fstab && grep --count LABEL=ROOT /etc/fstab': '0',
  'systemctl --failed --no-legend --plain': '',
};

export const scenario: Scenario = {
  name: 'reset-config',
  promise:
    'A reset of the settings is cancelled, asked for twice, made by the next boot with what it keeps and what the factory archive says, tried and counted as an update is, and undone; one of the system takes all of the image but data.',
  cases: [54, 74, 75, 114],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges + volumes,
  newChanges: factory,
  diskChanges: tryNext,
  entries: {},
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      report: {
        ...changesInForce,
        ...newImageInForce,
        ...isGood,
        'cat /etc/app/settings': 'first',
        'migrate reset config < /dev/null 2>&1 | head -n 1':
          /^migrate: Cannot ask whether the reset \(config\) is wanted/,
        [arming('reset system --yes')]: onTrial,
        [arming('reset --cancel')]: 'On trial none',
        'migrate reset config --keep identity --preview | tail -n 2':
          /^Volumes that begin anew: app \(.*\), security \(.*\)\nNothing is changed$/,
        [arming('reset config --yes')]: onTrial,
        [arming('reset config --keep identity --yes')]: onTrial,
        'migrate versions --json | grep --only-matching \'"state":"armed"\'': '"state":"armed"',
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      console: { shows: [/migrate: making next\.\d+/, /factory.tar.gz: \d+ entries are taken from it/] },
      report: {
        ...isReset,
        ...isGood,
        [arming('reset --undo')]: onTrial,
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      console: { lacks: [/migrate: making/] },
      report: {
        ...changesInForce,
        ...isGood,
        'cat /etc/app/settings': 'first',
        [arming("reset system --keep '/etc/ssh/ssh_host_*' --yes")]: onTrial,
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      report: {
        'cat /etc/hostname /etc/app/settings /srv/data': 'factory\nfactory\ndata',
        'grep --count 0123456789abcdef0123456789abcdef /etc/machine-id': '0',
        'sha256sum --check --quiet /root/host-keys.sha256; ls /root /usr/local/bin': /^sha256sum: .*No such file/,
        'systemctl is-active ssh.service': 'active',
        ...isGood,
      },
    },
  ],
  fullOnly: true,
};
