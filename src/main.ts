import { isSea } from 'node:sea';
import { writeOutput } from './system/write-output.ts';
import { version } from './version.ts';

// Asked for at every build and by scripts: answered before yargs is loaded, which takes longer than node's own start.
if (process.argv.length === 3 && process.argv[2] === '--version') writeOutput(1, `${version}\n`);
else void start();

async function start(): Promise<void> {
  const { realSystem } = await import('./system/real-system.ts');
  const { askPerson, isInteractive, showsColors } = await import('./system/terminal.ts');
  const { runProgram } = await import('./cli/program.ts');
  const { btrfsChanges } = await import('./storage/btrfs/change-source.ts');
  const { btrfsNewRoot } = await import('./storage/btrfs/new-root.ts');
  const { lvmThinNewRoot } = await import('./storage/lvm-thin/new-root-kind.ts');
  const { overlayNewRoot } = await import('./storage/overlay/new-root-kind.ts');
  const { partitionNewRoot } = await import('./storage/partition/new-root.ts');
  const { zfsNewRoot } = await import('./storage/zfs/new-root-kind.ts');
  const script = process.argv[1];
  const self: [string, ...string[]] = isSea() || script === undefined ? [process.execPath] : [process.execPath, script];
  process.exitCode = await runProgram(process.argv.slice(2), version, {
    system: realSystem(self),
    newRoots: [btrfsNewRoot, overlayNewRoot, lvmThinNewRoot, zfsNewRoot, partitionNewRoot],
    changeSources: [btrfsChanges],
    storeKinds: [
      { name: 'btrfs', load: async () => (await import('./storage/btrfs/backend.ts')).btrfsBackend },
      { name: 'overlay', load: async () => (await import('./storage/overlay/backend.ts')).overlayBackend },
      {
        name: 'lvm-thin',
        load: async () => (await import('./storage/lvm-thin/backend.ts')).lvmThinBackend,
      },
      { name: 'zfs', load: async () => (await import('./storage/zfs/backend.ts')).zfsBackend },
    ],
    loaderKinds: [
      { name: 'grub', load: async () => (await import('./boot/grub/loader.ts')).grub },
      { name: 'systemd-boot', load: async () => (await import('./boot/systemd-boot/loader.ts')).systemdBoot },
    ],
    console: {
      out: (text) => writeOutput(1, text),
      err: (text) => writeOutput(2, text),
      colored: showsColors(),
      interactive: isInteractive(),
      ask: askPerson(),
    },
  });
}
