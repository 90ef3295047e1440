import { operatorChanges } from '../operator.ts';
import type { Expectations, Scenario } from '../scenario.ts';
import { nextChanges, updateBoots, volumes } from '../store-updates.ts';

/** `settings` is what the version's own branch holds. */
const volumesOf = (settings: string): Expectations => ({
  'cat /etc/app/settings': settings,
  'findmnt --noheadings --output FSROOT /etc/app': /^\/migrate\/volumes\/app\/branches\//,
  'findmnt --noheadings --output FSROOT /srv': '/migrate/volumes/srv/branches/main',
  'findmnt --noheadings --output FSROOT /home': '/migrate/volumes/home/branches/main',
  'findmnt --noheadings --output FSTYPE /srv/scratch': 'tmpfs',
});

export const scenario: Scenario = {
  name: 'store',
  promise:
    'A machine in a store on btrfs goes through three image updates, back two versions, and forward with what was changed there.',
  cases: [29, 68, 108],
  layout: 'store',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges + volumes,
  newChanges: nextChanges,
  entries: {},
  boots: updateBoots(volumesOf, { inTests: 5 }),
};
