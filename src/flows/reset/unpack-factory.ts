import { relabel } from '../../apply/relabel.ts';
import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Reset } from '../../domain/reset.ts';
import { contentKind, headSize } from '../../images/content-kind.ts';
import { refused } from '../../images/image-failure.ts';
import { Meter, usualLimits } from '../../images/limits.ts';
import { removeTree } from '../../images/remove-tree.ts';
import { readTar } from '../../images/tar/read-tar.ts';
import { TreeWriter } from '../../images/tree-writer.ts';
import { decompressed } from '../../images/unpack-tar.ts';
import type { System } from '../../system/system.ts';
import { withRoot } from '../with-root.ts';
import { putFactory } from './put-factory.ts';
import { takenFromFactory } from './taken-from-factory.ts';

/** Where an image may have what a reset puts over it, such as the settings of the one who sells the machine. */
const directory: RootPath = '/usr/share/migrate';
const names = ['factory.tar', 'factory.tar.gz', 'factory.tar.xz', 'factory.tar.zst'] as const;

/** Where it is unpacked meanwhile, in the new root: nothing of it is anywhere else before all of it could be read. */
const scratch: RootPath = '/.migrate-factory';

export type FactoryRequest = { readonly reset: Reset; readonly old: string; readonly result: string };

/**
 * Puts what the image's factory archive holds over the root that a reset has made, but for what the reset keeps or does not
 * touch. Nothing where the image has none. Returns what a person should hear of. Throws Failure as unpacking an image does,
 * and then the root is not whole.
 */
export async function unpackFactory(
  system: System,
  { reset, old, result }: FactoryRequest,
  onProgress: () => void,
): Promise<string[]> {
  return await withRoot(system, result, async (root) => {
    const archive = names.map((name) => childOf(directory, name)).find((path) => root.status(path)?.type === 'file');
    if (archive === undefined) return [];
    const { takes, isNumbered } = withRoot(system, old, (ours) =>
      takenFromFactory(system, { ours, theirs: root }, reset),
    );
    const before = root.status('/');
    if (root.status(scratch) !== null) removeTree(root, scratch);
    root.makeDirectory(scratch);
    try {
      const unpacked = `${result}${scratch}`;
      const described = await unpack(system, childOf(root.root, archive.slice(1)), { unpacked, onProgress });
      const { placed, notes } = withRoot(system, unpacked, (from) => putFactory({ from, to: root, described, takes }));
      return [
        `${displayBytes(archive)}: ${placed.length} entries are taken from it`,
        ...[...notes, ...[...described].filter(isNumbered).map(numbered)].map(
          (note) => `${displayBytes(archive)}: ${note}`,
        ),
        ...relabel({ actions: [] }, placed, root, system.commands),
      ];
    } catch (error) {
      throw naming(archive, error);
    } finally {
      removeTree(root, scratch);
      if (before !== null) root.setModified('/', before.mtime);
      root.syncFilesystem();
    }
  });
}

function numbered(path: RootPath): string {
  return `${displayBytes(path)} has the accounts of the image with the numbers of this machine, and is left`;
}

/** Of the image everything else is used: it is the archive that cannot be. */
function naming(archive: RootPath, error: unknown): unknown {
  if (!(error instanceof Failure) || !error.code.startsWith('image-')) return error;
  return new Failure({
    code: 'factory-archive',
    kind: 'failed',
    message: `Cannot use ${displayBytes(archive)} of the image: ${error.message.replace(/^Cannot use the image: /, '')}`,
    advice: 'Reset to an image in which that is whole, with --to IMAGE',
    cause: error,
  });
}

/** Gives what the archive describes; directories on the way there that it says nothing of are made all the same. */
async function unpack(
  { streams, openRoot, directory: real }: System,
  archive: ByteString,
  { unpacked, onProgress }: { readonly unpacked: string; readonly onProgress: () => void },
): Promise<ReadonlySet<RootPath>> {
  const head = Buffer.from(await streams.head(archive, headSize)).toString('latin1');
  const kind = contentKind(head);
  if (kind?.kind !== 'tar') throw refused('image-unknown', 'it is no archive of tar');
  const into = openRoot(real(unpacked));
  try {
    const meter = new Meter(into, usualLimits, { onProgress, signal: new AbortController().signal });
    const writer = new TreeWriter(into, meter);
    const described = new Set<RootPath>();
    meter.expectNothingPacked();
    meter.begin('unpack', null);
    await readTar(decompressed(streams.read(archive), kind.compression, streams), (entry, content) => {
      described.add(entry.path);
      return writer.write(entry, content);
    });
    writer.finish();
    return described;
  } finally {
    into.close();
  }
}
