import type { CommandGroup, CommandRow } from '../command-row.ts';

const rows: readonly CommandRow[] = [
  {
    syntax: 'add <name> <url>',
    describe: 'give another store, or a repository of restic, a name',
    needs: 'a NAME and a URL',
    load: async () => (await import('./remote/add.ts')).addCommand,
  },
  {
    syntax: 'ls',
    describe: 'list remotes',
    load: async () => (await import('./remote/ls.ts')).listCommand,
  },
  {
    syntax: 'rm <name>',
    describe: 'forget a remote; what lies there stays',
    needs: 'the NAME of a remote',
    load: async () => (await import('./remote/rm.ts')).removeCommand,
  },
];

/** `migrate remote`: the other stores that tags are sent to and fetched from. */
export const remoteCommands: CommandGroup = { rows, example: ['$0 remote ls', 'what there is'] };
