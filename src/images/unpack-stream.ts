import type { Files } from '../system/files.ts';
import type { ByteStream } from '../system/streams.ts';
import { type Hooks, type Limits, Meter } from './limits.ts';
import { emptyDirectory } from './remove-tree.ts';
import { readTar } from './tar/read-tar.ts';
import { TreeWriter } from './tree-writer.ts';

/**
 * Unpacks an archive that comes as a stream into an empty directory, read to its end; whatever it holds. What goes wrong
 * leaves the directory empty. Throws as `unpackImage` does, but for `not-an-image`, and what the stream throws.
 */
export async function unpackStream(
  archive: ByteStream,
  { into, limits, hooks }: { readonly into: Files; readonly limits: Limits; readonly hooks: Hooks },
): Promise<void> {
  const meter = new Meter(into, limits, hooks);
  const writer = new TreeWriter(into, meter);
  meter.expectNothingPacked();
  meter.begin('unpack', null);
  try {
    await readTar(counted(archive, meter), (entry, content) => writer.write(entry, content));
    writer.finish();
    writer.finishRoot();
  } catch (error) {
    emptyDirectory(into, '/');
    throw error;
  }
}

async function* counted(archive: ByteStream, meter: Meter): ByteStream {
  for await (const piece of archive) {
    meter.addRead(piece.length);
    yield piece;
  }
}
