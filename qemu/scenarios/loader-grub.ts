import type { LoaderStarts } from '../loader/loader-starts.ts';
import { armed, entryOf, keys, menu, menuBelow, path, pick, settled } from '../loader/machines.ts';

const ext4 = { filesystem: 'ext4', path, menu } as const;
const failed = { good: 'v1', trial: { version: 'v2', tries: 0, failed: true }, once: null };

/** The title and the words are what an operator may have made up. */
const strange = entryOf('v1', {
  title: `It's "v1", $root {`,
  commandLine: 'version=v1 said="it is $HOME; {so} & on"',
});

export const scenario: LoaderStarts = {
  name: 'loader-grub',
  promise: 'GRUB counts the starts of a version on trial, meets a request once, and starts every entry of its menu.',
  cases: [70, 101, 102],
  loader: 'grub',
  firmware: 'bios',
  machines: [
    {
      ...ext4,
      shows: 'two tries, then the good version',
      state: armed(2),
      acts: [{ starts: ['v2 try', 'v2 try', 'v1 fallback', 'v1 stable'] }, { reads: failed }],
    },
    {
      ...ext4,
      shows: 'the system commits after the first try',
      state: armed(3),
      acts: [
        { starts: ['v2 try'] },
        { reads: armed(2) },
        { write: settled('v2') },
        { menu: { ...menu, entries: [entryOf('v2'), ...menu.entries], good: 'v2', trial: null } },
        { starts: ['v2 stable', 'v2 stable'] },
        { reads: settled('v2') },
      ],
    },
    {
      ...ext4,
      shows: 'the power is cut between the menu and the state of a commit: what has proven itself',
      state: armed(2),
      acts: [
        { starts: ['v2 try'] },
        { menu: { ...menu, entries: [entryOf('v2'), ...menu.entries], good: 'v2', trial: null } },
        { starts: ['v2 stable', 'v2 stable'] },
        { reads: settled('v2') },
      ],
    },
    {
      ...ext4,
      filesystem: 'vfat',
      shows: 'the same on FAT, and a request besides',
      state: { ...armed(1), once: { mode: 'system', nonce: 'n2' } },
      acts: [{ starts: ['v2 try reset=system:n2', 'v1 fallback', 'v1 stable'] }],
    },
    {
      ...ext4,
      shows: 'what a person picks is not counted, and every entry starts',
      state: armed(1),
      acts: [
        {
          starts: [
            { keys: pick(1), gives: 'v1 stable' },
            { keys: pick(2), gives: 'v0 stable' },
            { keys: pick(3) + pick(0), gives: 'v1 stable said=settings' },
            { keys: pick(3) + pick(1), gives: 'v0 stable said=shell' },
          ],
        },
        { reads: armed(1) },
        {
          starts: [
            { keys: pick(0), gives: 'v2 try' },
            { keys: keys.enter, gives: 'v1 fallback' },
          ],
        },
        { reads: failed },
      ],
    },
    {
      ...ext4,
      shows: 'a request is met once, by the entry that GRUB chooses',
      state: { ...settled('v1'), once: { mode: 'config', nonce: 'n1' } },
      acts: [
        {
          starts: [
            { keys: pick(1), gives: 'v0 stable' },
            { keys: keys.enter, gives: 'v1 stable reset=config:n1' },
            { keys: keys.enter, gives: 'v1 stable' },
          ],
        },
        { reads: settled('v1') },
      ],
    },
    {
      ...ext4,
      shows: 'the power is cut right after the count',
      state: armed(2),
      altered: (text) => text.replace('set migrate_counted=yes;', 'set migrate_counted=yes; echo COUNTED; sleep 60;'),
      acts: [
        { cutAt: /COUNTED/ },
        { reads: armed(1) },
        { sh: "sed -i 's/echo COUNTED; sleep 60;//' menu.cfg" },
        { starts: ['v2 try', 'v1 fallback'] },
      ],
    },
    {
      ...ext4,
      shows: 'a file of the trial is missing: never a kernel without its initrds',
      state: armed(1),
      acts: [{ sh: 'rm versions/v2/second' }, { starts: ['v1 fallback', 'v1 fallback', 'v1 stable'] }],
    },
    {
      ...ext4,
      shows: 'the kernel of the good version is missing, or is none: another one',
      state: settled('v1'),
      acts: [
        { sh: 'rm versions/v1/linux' },
        { starts: ['v0 stable'] },
        { sh: 'echo damaged > versions/v1/linux' },
        { starts: ['v0 stable'] },
      ],
    },
    {
      ...ext4,
      shows: 'texts that mean something to GRUB arrive as they are',
      menu: { ...menu, entries: [strange], trial: null },
      state: settled('v1'),
      acts: [{ starts: ['v1 stable said=it is $HOME; {so} & on'] }],
    },
    {
      ...ext4,
      shows: 'the menu of a distribution counts by what the script of /etc/grub.d adds',
      asDistribution: true,
      path: '/boot/migrate',
      menu: menuBelow('/boot/migrate'),
      state: armed(1),
      acts: [{ starts: ['v2 try', 'v1 fallback', 'v1 stable'] }],
    },
  ],
};
