import { changesInForce, healthy, newImageInForce } from '../operator.ts';
import type { Boot, Entry, Scenario } from '../scenario.ts';
import { layeredMachine } from './store-overlay.ts';

/** The first update, as a loader has it that keeps its own copy of what `migrate entry` printed; not left in a shell. */
export const made: Entry = {
  system: 'new',
  initramfs: 'migrate',
  cmdline: [
    ...['root=LABEL=ROOT', 'rootfstype=migrate', 'rootflags=object=migrate/volumes/system/branches/trixie.3', 'rw'],
    ...['rd.shell=0', 'rd.emergency=reboot', 'panic=10'],
  ].join(' '),
};

const volumes = 'migrate/volumes';
const list = `${volumes}/system/branches/trixie.3/layers`;

/** The lowest layer of the version: all of its image. */
const lowest = `${volumes}/.layers/$(sed --quiet '/^[0-9a-f]*$/p' ${list} | tail -n 1)`;

const limitSeconds = 900;

/** For a script of the machine: the list loses its last byte. */
export const tearList = `cd /run/migrate/filesystem && cp ${list} migrate/kept && truncate --size=-1 ${list} && echo torn`;
export const isTorn: RegExp = /mount\.migrate: cannot mount \S+\/trixie\.3: \S+\/layers is not whole/;

/** It says at the console what is missing, and no system comes up. */
export function refused(...why: readonly RegExp[]): Boot {
  return { entry: 'made', ends: 'off', limitSeconds, console: { shows: why, lacks: [/login:/] } };
}

export const scenario: Scenario = {
  ...layeredMachine('ext4'),
  name: 'store-overlay-torn',
  promise:
    'A version whose list of layers is torn, or that lacks a layer, does not start: the console says why, and the previous one runs.',
  cases: [108],
  entries: { made },
  fullOnly: true,
  boots: [
    {
      entry: 'next',
      ends: 'report',
      limitSeconds,
      report: {
        ...changesInForce,
        ...newImageInForce,
        'migrate mark-good': /^trixie\.3 is now good; bookworm\.1 is retired$/,
        [tearList]: 'torn',
      },
    },
    refused(isTorn),
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds,
      report: {
        ...changesInForce,
        ...healthy,
        '. /etc/os-release; echo $VERSION_CODENAME': 'bookworm',
        'migrate status | head -n 1': /^Running +bookworm\.1, retired since /,
        [`cd / && mv migrate/kept ${list} && mv ${lowest} migrate/away && echo away`]: 'away',
      },
    },
    refused(/mount\.migrate: cannot mount \S+\/trixie\.3: the layer [0-9a-f]{32} is not there/),
  ],
};
