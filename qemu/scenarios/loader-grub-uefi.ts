import type { LoaderStarts } from '../loader/loader-starts.ts';
import { armed, menu, path } from '../loader/machines.ts';

export const scenario: LoaderStarts = {
  name: 'loader-grub-uefi',
  promise: 'GRUB for EFI counts the starts of a real kernel on the EFI system partition, and meets a request once.',
  cases: [70, 101],
  loader: 'grub',
  firmware: 'uefi',
  fullOnly: true,
  machines: [
    {
      filesystem: 'vfat',
      path,
      menu: {
        ...menu,
        entries: menu.entries.map((entry) => ({ ...entry, commandLine: `${entry.commandLine} quiet` })),
      },
      shows: 'two tries and a request, then the good version',
      state: { ...armed(2), once: { mode: 'system', nonce: 'n2' } },
      acts: [{ starts: ['v2 try reset=system:n2', 'v2 try', 'v1 fallback', 'v1 stable'] }],
    },
  ],
};
