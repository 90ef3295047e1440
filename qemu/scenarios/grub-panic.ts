import type { Scenario } from '../scenario.ts';
import { panicsAtStart, tryNext, wentBack } from '../store-machine.ts';

export const scenario: Scenario = {
  name: 'grub-panic',
  promise:
    'A version whose kernel panics in every boot is started as often as GRUB has counted, and then the previous one.',
  cases: [70],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  newChanges: panicsAtStart,
  entries: {},
  diskChanges: tryNext,
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1500,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.1\./],
      panics: true,
      console: { shows: [/Kernel panic/] },
      report: wentBack,
    },
  ],
  fullOnly: true,
};
