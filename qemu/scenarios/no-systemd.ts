import { btrfsTrial } from '../entries.ts';
import { bootedAsV2, changesInForce, healthy, newImageInForce, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

/** There are no units in such an initramfs, so the mount leaves no trace of its own in the journal. */
const { 'journalctl --boot --no-pager --output cat --unit sysroot-var-lib-early.mount': _, ...booted } = bootedAsV2;

export const scenario: Scenario = {
  name: 'no-systemd',
  promise: 'The update works with an initramfs that has no systemd.',
  layout: 'btrfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  entries: { trial: { ...btrfsTrial, initramfs: 'no-systemd' } },
  boots: [
    {
      entry: 'trial',
      ends: 'report',
      report: {
        ...changesInForce,
        ...newImageInForce,
        ...booted,
        ...healthy,
        'findmnt --noheadings --output SOURCE /': '/dev/vda[/@v2]',
        'findmnt --noheadings --output SOURCE /data': '/dev/vda[/@data]',
      },
    },
  ],
};
