import { changesInForce, healthy, newImageInForce } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { layeredMachine } from './store-overlay.ts';
import { isTorn, made, refused, tearList } from './store-overlay-torn.ts';

const ofLayers = 'findmnt --noheadings --output SOURCE,FSTYPE /';
const ofSettings = 'findmnt --noheadings --output SOURCE /etc/app';

export const scenario: Scenario = {
  ...layeredMachine('ext4'),
  name: 'store-overlay-no-systemd',
  promise:
    'Without systemd in the initramfs too a version of layers is made, booted, and started again; a torn one is not.',
  cases: [68],
  entries: { made: { ...made, initramfs: 'no-systemd' } },
  storeInitramfs: 'no-systemd',
  fullOnly: true,
  boots: [
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: 900,
      console: { lacks: [/Failed to mount/, /Cannot mount the root of layers/] },
      report: {
        ...changesInForce,
        ...newImageInForce,
        ...healthy,
        'cat /run/migrate/booted.json': /"migrated"/,
        [ofLayers]: /^system\/branches\/trixie\.3 +overlay$/,
        [ofSettings]: /app\/branches\//,
        'findmnt --noheadings --output OPTIONS / | cut -d , -f 1': 'rw',
        'migrate mark-good': /^trixie\.3 is now good; bookworm\.1 is retired$/,
      },
    },
    {
      entry: 'version:trixie.3',
      ends: 'report',
      limitSeconds: 900,
      report: {
        ...changesInForce,
        ...healthy,
        'cat /run/migrate/booted.json 2> /dev/null || echo none': 'none',
        [ofLayers]: /^system\/branches\/trixie\.3 +overlay$/,
        'migrate status | head -n 1': /^Running +trixie\.3, good since /,
        [tearList]: 'torn',
      },
    },
    refused(isTorn, /Cannot mount the root of layers/),
  ],
};
