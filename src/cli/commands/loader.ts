import type { CommandGroup, CommandRow } from '../command-row.ts';

const rows: readonly CommandRow[] = [
  {
    syntax: 'set <kind> <directory>',
    describe: 'have a boot loader start the versions of the store, and count the starts of those on trial',
    needs: 'a KIND of loader and a DIRECTORY that it reads and can write',
    load: async () => (await import('./loader/set.ts')).setCommand,
  },
  {
    syntax: 'show',
    describe: 'show what the loader decides by, as it reads it itself',
    load: async () => (await import('./loader/show.ts')).showCommand,
  },
  {
    syntax: 'update',
    describe: 'bring kernels, menu and state of the loader to what the store holds',
    load: async () => (await import('./loader/update.ts')).updateCommand,
  },
  {
    syntax: 'reconcile',
    describe: 'at every boot: bring the store to what the loader has decided; migrate-loader.service runs it',
    load: async () => (await import('./loader/reconcile.ts')).reconcileCommand,
  },
];

/** `migrate loader`: the boot loader of the machine. */
export const loaderCommands: CommandGroup = {
  rows,
  example: ['$0 loader set grub /boot/migrate', 'GRUB, which reads and writes /boot/migrate'],
};
