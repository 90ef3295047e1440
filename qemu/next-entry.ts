import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commonWords, type ReadyEntry } from './gather.ts';
import { savedEntry } from './lvm-loader.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';
import type { Boot } from './scenario.ts';
import { binary } from './store-disk.ts';

type Entry = {
  readonly kernel: string;
  readonly initrd: string;
  readonly secondInitrd: string | null;
  readonly commandLine: string;
};

/** What stands before the id of a version, where a boot names one. */
const versionPrefix = 'version:';

/** Whether the machine's store knows what a boot starts, and no entry of the scenario. */
export function isOfStore({ entry }: Pick<Boot, 'entry'>): boolean {
  return entry === 'next' || entry.startsWith(versionPrefix);
}

/** The version that a boot names; null where it does not. */
function idOf(name: string): string | null {
  return name.startsWith(versionPrefix) ? name.slice(versionPrefix.length) : null;
}

/**
 * What the machine's store says of the next boot or of a version, as a loader that reads its filesystem takes it:
 * `migrate entry` and the files that it names.
 */
export async function storeEntry(
  disk: Disk,
  directory: string,
  { entry: name, number }: { readonly entry: string; readonly number: number },
): Promise<ReadyEntry> {
  if (disk.name === 'loader') return savedEntry(disk, directory, { entry: idOf(name) ?? name, number });
  const mounts = [{ name: 'disk', disk: disk.file }];
  const named = idOf(name);
  const script = 'binary=$1; shift; "$binary" entry --json --store "$PWD/disk/migrate" "$@"';
  const { stdout } = await inMounted(mounts, script, [binary, ...(named === null ? [] : [named])]);
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
