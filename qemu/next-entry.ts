import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commonWords, type ReadyEntry } from './gather.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';
import { binary } from './store-disk.ts';

type Entry = {
  readonly kernel: string;
  readonly initrd: string;
  readonly secondInitrd: string | null;
  readonly commandLine: string;
};

/**
 * What the machine's store says of the next boot, as a loader that reads its filesystem takes it: `migrate entry` and
 * the files that it names.
 */
export async function nextEntry(disk: Disk, directory: string, number: number): Promise<ReadyEntry> {
  const mounts = [{ name: 'disk', disk: disk.file }];
  const { stdout } = await inMounted(mounts, '"$1" entry --json --store "$PWD/disk/migrate"', [binary]);
  const entry = JSON.parse(stdout) as Entry;
  const target = join(directory, `boot-${number}.files`);
  await mkdir(target, { recursive: true });
  const paths = [entry.kernel, entry.initrd, ...(entry.secondInitrd === null ? [] : [entry.secondInitrd])];
  const files = paths.map((_, index) => join(target, index === 0 ? 'kernel' : `initrd-${index}`));
  await inMounted(
    mounts.map((mount) => ({ ...mount, options: 'ro' })),
    'while [ $# -gt 0 ]; do cp "disk$1" "$2"; shift 2; done',
    paths.flatMap((path, index) => [path, files[index] ?? '']),
  );
  const [kernel = '', ...initrds] = files;
  return { kernel, initrds, cmdline: [...commonWords, entry.commandLine].join(' ') };
}
