import type { CommandGroup, CommandRow } from '../command-row.ts';

const rows: readonly CommandRow[] = [
  {
    syntax: 'ls [volume]',
    describe: 'list volumes, branches and tags',
    load: async () => (await import('./volume/ls.ts')).listCommand,
  },
  {
    syntax: 'create <name>',
    describe: 'make a volume, or an empty branch of one',
    needs: 'a VOLUME or VOLUME/BRANCH',
    load: async () => (await import('./volume/create.ts')).createCommand,
  },
  {
    syntax: 'branch <name> <from>',
    describe: 'make a branch with the content of a tag or another branch',
    needs: 'VOLUME/BRANCH for the new one, and what it is made from',
    load: async () => (await import('./volume/copy.ts')).branchCommand,
  },
  {
    syntax: 'tag <name> <from>',
    describe: 'keep what a branch holds now, read-only, under a name',
    needs: 'TAG@VOLUME for the new one, and what it is made from',
    load: async () => (await import('./volume/copy.ts')).tagCommand,
  },
  {
    syntax: 'destroy <name>',
    describe: 'remove a branch, a tag or a volume for good; never what is held or needed',
    needs: 'VOLUME/BRANCH, TAG@VOLUME or VOLUME',
    load: async () => (await import('./volume/destroy.ts')).destroyCommand,
  },
  {
    syntax: 'log <name>',
    describe: 'show what a branch or tag was made from',
    needs: 'VOLUME/BRANCH or TAG@VOLUME',
    load: async () => (await import('./volume/log.ts')).logCommand,
  },
  {
    syntax: 'diff <from> <to>',
    describe: 'show in what one branch or tag differs from another',
    needs: 'two branches or tags',
    load: async () => (await import('./volume/diff.ts')).diffCommand,
  },
  {
    syntax: 'mount <name> <directory>',
    describe: 'mount a branch, or a tag read-only, at a directory',
    needs: 'VOLUME/BRANCH or TAG@VOLUME, and a DIRECTORY',
    load: async () => (await import('./volume/mount.ts')).mountCommand,
  },
  {
    syntax: 'umount <directory>',
    describe: "take away what 'migrate volume mount' mounted",
    needs: 'a DIRECTORY',
    load: async () => (await import('./volume/mount.ts')).unmountCommand,
  },
  {
    syntax: 'hold <name>',
    describe: 'keep a branch or tag from being removed, by whatever command',
    needs: 'VOLUME/BRANCH or TAG@VOLUME',
    load: async () => (await import('./volume/hold.ts')).holdCommand,
  },
  {
    syntax: 'release <name>',
    describe: 'take a hold away',
    needs: 'VOLUME/BRANCH or TAG@VOLUME',
    load: async () => (await import('./volume/hold.ts')).releaseCommand,
  },
  {
    syntax: 'gc [volume]',
    describe: 'remove old tags of branches; never what is held or needed',
    load: async () => (await import('./volume/gc.ts')).collectCommand,
  },
  {
    syntax: 'fsck',
    describe: 'compare the ledger with what lies in the store, and with --repair make it good',
    load: async () => (await import('./volume/fsck.ts')).checkCommand,
  },
];

/** `migrate volume`: what is done with volumes, branches and tags. */
export const volumeCommands: CommandGroup = { rows, example: ['$0 volume ls', 'what there is'] };
