import type { CommandGroup, CommandRow } from '../command-row.ts';

const rows: readonly CommandRow[] = [
  {
    syntax: 'create <directory>',
    describe: 'make a directory a store',
    needs: 'a DIRECTORY',
    load: async () => (await import('./store/create.ts')).createCommand,
  },
];

/** `migrate store`: stores themselves. */
export const storeCommands: CommandGroup = {
  rows,
  example: ['$0 store create /store --backend btrfs', 'keep volumes in the btrfs filesystem at /store'],
};
