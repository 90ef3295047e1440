import { changesInForce, newImageInForce, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';

const isGood = /^Running +trixie\.\d+, good since /;

export const scenario: Scenario = {
  name: 'grub-update',
  promise:
    'GRUB counts the first start of a new version before it is made; healthy, it is committed to the loader, then to the store, and starts by itself from then on.',
  cases: [53, 104],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  entries: {},
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      kernels: [/^6\.12\./],
      report: {
        ...changesInForce,
        ...newImageInForce,
        'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': 'migrate.why=try',
        'systemctl start migrate-good.service; migrate status | head -n 1': isGood,
        'migrate loader show | tail -n 2': /^Good +trixie\.\d+\nOn trial none$/,
        'systemctl is-active migrate-loader.service': 'active',
        'migrate doctor': 'Nothing found',
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 600,
      kernels: [/^6\.12\./],
      console: { lacks: [/migrate: making/] },
      report: {
        'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': 'migrate.why=stable',
        'migrate status | head -n 1': isGood,
        'migrate versions --json | grep --only-matching \'"state":"[a-z]*"\' | sort --unique': /"state":"retired"/,
      },
    },
  ],
};
