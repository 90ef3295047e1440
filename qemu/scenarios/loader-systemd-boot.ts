import type { LoaderStarts } from '../loader/loader-starts.ts';
import { armed, entryOf, menu, path } from '../loader/machines.ts';

const commandLine = 'quiet';
const quiet = {
  ...menu,
  entries: menu.entries.map((entry) => ({ ...entry, commandLine: `${entry.commandLine} ${commandLine}` })),
};
const once = { mode: 'system', nonce: 'n2' };

export const scenario: LoaderStarts = {
  name: 'loader-systemd-boot',
  promise: 'systemd-boot meets a request once, counts the starts of a version on trial, and goes back to the good one.',
  cases: [70, 73],
  loader: 'systemd-boot',
  firmware: 'uefi',
  fullOnly: true,
  machines: [
    {
      filesystem: 'vfat',
      path,
      menu: quiet,
      shows: 'a request, two tries, the good version; then a trial that is committed',
      state: { ...armed(2), once },
      acts: [
        { starts: ['v1 stable reset=system:n2', 'v2 try', 'v2 try', 'v1 stable'] },
        { reads: { good: 'v1', trial: { version: 'v2', tries: 0, failed: true }, once: null } },
        { write: { good: 'v1', trial: null, once: null } },
        { write: armed(3) },
        { starts: ['v2 try'] },
        { reads: armed(2) },
        { menu: { ...quiet, entries: [entryOf('v2'), ...quiet.entries], good: 'v2', trial: null } },
        { write: { good: 'v2', trial: null, once: null } },
        { starts: ['v2 stable'] },
      ],
    },
  ],
};
