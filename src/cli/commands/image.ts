import type { CommandGroup, CommandRow } from '../command-row.ts';

const rows: readonly CommandRow[] = [
  {
    syntax: 'ls',
    describe: 'list images: when each came, its digest, who signed it, the versions that use it',
    load: async () => (await import('./image/ls.ts')).listCommand,
  },
  {
    syntax: 'rm <name>',
    describe: 'remove an image for good; never one that a version needs or that is held',
    needs: 'the name of an IMAGE',
    load: async () => (await import('./image/rm.ts')).removeCommand,
  },
  {
    syntax: 'verify <name>',
    describe: 'tell whether an image still is what was imported: names, attributes, contents',
    needs: 'the name of an IMAGE',
    load: async () => (await import('./image/verify.ts')).verifyCommand,
  },
];

/** `migrate image`: what is done with the images of a store. */
export const imageCommands: CommandGroup = { rows, example: ['$0 image ls', 'what there is'] };
