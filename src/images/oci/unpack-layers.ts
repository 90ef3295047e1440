import { displayBytes } from '../../domain/bytes.ts';
import { childOf, nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import { compressionOf, headSize } from '../content-kind.ts';
import type { ImageEntry } from '../image-entry.ts';
import { refused } from '../image-failure.ts';
import type { Job } from '../job.ts';
import { type ContentReader, readTar } from '../tar/read-tar.ts';
import type { TreeWriter } from '../tree-writer.ts';
import { CheckedStream } from '../trust/checked-stream.ts';
import { Expectation } from '../trust/expectation.ts';
import { decompressed } from '../unpack-tar.ts';
import type { Blobs } from './blobs.ts';
import type { Descriptor } from './documents.ts';

/** What layers call that which hides a name of those below, or all of a directory ("Image Layer Filesystem Changeset"). */
const whiteout = '.wh.';
const opaque = '.wh..wh..opq';

/** Unpacks layers, the lowest first, each checked against its digest. */
export async function unpackLayers(layers: readonly Descriptor[], blobs: Blobs, job: Job): Promise<void> {
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  job.meter.begin('unpack', total);
  job.meter.needSpace(total);
  for (const layer of layers) await unpackLayer(layer, blobs, job);
}

async function unpackLayer(layer: Descriptor, blobs: Blobs, { system, meter, writer }: Job): Promise<void> {
  const { streams } = system;
  const path = blobs.path(layer);
  const head = Buffer.from(await streams.head(path, headSize)).toString('latin1');
  const expectation = Expectation.open({ digest: layer.digest, signature: null, trustedDirectories: [] }, system, null);
  const checked = new CheckedStream(streams.read(path), expectation, (bytes) => meter.addRead(bytes));
  try {
    writer.beginLayer();
    const archive = decompressed(checked.bytes(), compressionOf(head), streams);
    await readTar(archive, (entry, content) => writeOrHide(writer, entry, content));
    await checked.finish();
  } finally {
    await checked.close();
  }
}

function writeOrHide(writer: TreeWriter, entry: ImageEntry, content: ContentReader): Promise<void> | void {
  const name = nameOf(entry.path);
  if (!name.startsWith(whiteout)) return writer.write(entry, content);
  if (name === opaque) hideAllIn(writer, parentOf(entry.path));
  // Others of this kind are notes of aufs for itself.
  if (name.startsWith(whiteout + whiteout)) return;
  const hidden = name.slice(whiteout.length);
  if (hidden === '' || hidden === '.' || hidden === '..') {
    throw refused('image-damaged', `${displayBytes(entry.path)} hides no name`);
  }
  hide(writer, childOf(parentOf(entry.path), hidden));
}

/** Of lower layers only: what the layer itself has made stays, whatever comes first in it. */
function hide(writer: TreeWriter, path: RootPath): void {
  const status = writer.files.status(path);
  if (status !== null && !writer.isOfLayer(path)) writer.remove(path);
  else if (status?.type === 'directory') hideAllIn(writer, path);
}

function hideAllIn(writer: TreeWriter, directory: RootPath): void {
  if (writer.files.status(directory)?.type !== 'directory') return;
  for (const name of writer.files.list(directory)) hide(writer, childOf(directory, name));
}
