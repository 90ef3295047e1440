import type { LoaderStarts } from '../loader/loader-starts.ts';
import { armed, menu, path, settled, withoutReading } from '../loader/machines.ts';

const ext4 = { filesystem: 'ext4', path, menu } as const;
const once = { mode: 'total', nonce: 'n1' };
/** Both at once: a version on trial, and a reset that destroys. */
const dangerous = { ...armed(2), once };
const three = (start: string): string[] => [start, start, start];

export const scenario: LoaderStarts = {
  name: 'loader-grub-damage',
  promise:
    'GRUB tries and resets nothing where it cannot write, and the loss of either environment, or of both, loses no good version.',
  cases: [72, 101, 102],
  loader: 'grub',
  firmware: 'bios',
  machines: [
    {
      ...ext4,
      shows: 'the newer environment is truncated',
      state: armed(1),
      acts: [{ sh: 'truncate --size 0 env.b' }, { starts: ['v2 try', 'v1 fallback', 'v1 stable'] }],
    },
    {
      ...ext4,
      shows: 'the older environment is truncated in the middle of a word',
      state: armed(1),
      acts: [{ sh: 'truncate --size 60 env.a' }, { starts: ['v2 try', 'v1 fallback', 'v1 stable'] }],
    },
    {
      ...ext4,
      shows: 'the newer environment is cut off: what it says is old or nothing',
      state: armed(1),
      acts: [{ sh: 'truncate --size 60 env.b' }, { starts: ['v2 try', 'v1 fallback', 'v1 stable'] }],
    },
    {
      ...ext4,
      shows: 'both environments are lost: the version that the menu was written with, and the system sets it up again',
      state: dangerous,
      acts: [
        { sh: 'truncate --size 0 env.a; rm env.b' },
        { starts: ['v1 stable', 'v1 stable'] },
        { write: armed(1) },
        { starts: ['v2 try', 'v1 fallback'] },
      ],
    },
    {
      ...ext4,
      shows: 'on a disk that takes no writes nothing is tried and nothing is reset',
      state: dangerous,
      readOnlyDisk: true,
      acts: [{ starts: three('v1 env-readonly') }, { reads: dangerous }],
    },
    {
      ...ext4,
      shows: 'control: without reading again the disk that takes no writes is tried, and reset, for ever',
      state: dangerous,
      readOnlyDisk: true,
      altered: withoutReading,
      acts: [{ starts: three('v2 try reset=total:n1') }],
    },
    {
      ...ext4,
      shows: 'a request on a disk that takes no writes is never met',
      state: { ...settled('v1'), once },
      readOnlyDisk: true,
      acts: [{ starts: three('v1 stable') }],
    },
    {
      ...ext4,
      filesystem: 'btrfs',
      shows: 'on btrfs nothing is tried and nothing is reset',
      state: dangerous,
      acts: [{ starts: three('v1 env-readonly') }],
    },
  ],
};
