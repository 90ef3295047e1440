import { btrfsTrial } from '../entries.ts';
import { operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  name: 'rescue',
  promise: 'In the rescue shell of the trial entry, migrate --dry-run prints the plan and changes nothing.',
  layout: 'btrfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  entries: { trial: { ...btrfsTrial, cmdline: `${btrfsTrial.cmdline} rd.break=pre-mount SYSTEMD_SULOGIN_FORCE=1` } },
  boots: [
    {
      entry: 'trial',
      ends: 'off',
      steps: [
        { wait: /Press Enter for (system )?maintenance|# $/ },
        { type: '\r', until: /# $/ },
        { type: 'migrate --dry-run; echo "status=$?"\r' },
        { wait: /\/etc\/ssh\/sshd_config/ },
        { wait: /status=[03]\r/ },
        { type: 'reboot -f\r' },
      ],
      disks: {
        'ls disk': '@data\n@early\n@images\n@v1',
        'btrfs subvolume list disk | wc -l': '5',
        'cat disk/@v1/etc/hostname': 'atlas',
        'test -e disk/@v1/var/lib/migrate || echo absent': 'absent',
      },
    },
  ],
};
