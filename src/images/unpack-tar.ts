import { textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { ByteStream, Compression, Streams } from '../system/streams.ts';
import { refused } from './image-failure.ts';
import type { ImageFile } from './image-file.ts';
import type { Done, Job } from './job.ts';
import { readTar } from './tar/read-tar.ts';
import { CheckedStream } from './trust/checked-stream.ts';
import { Expectation } from './trust/expectation.ts';

/** Unpacks an archive, checking its bytes on the way; nothing counts before they have been checked. */
export async function unpackTar(file: ImageFile, compression: Compression | null, job: Job): Promise<Done> {
  const { system, meter, writer, options } = job;
  const expectation = Expectation.open(options, system, textOrBytes(file.path));
  meter.begin('unpack', file.size);
  // What is packed takes at least as much.
  meter.needSpace(file.size);
  const checked = new CheckedStream(system.streams.read(file.path), expectation, (bytes) => meter.addRead(bytes));
  try {
    const archive = decompressed(checked.bytes(), compression, system.streams);
    await readTar(archive, (entry, content) => writer.write(entry, content));
    const verified = await checked.finish();
    writer.finish();
    return { ...verified, leftOut: [] };
  } finally {
    await checked.close();
  }
}

/** The stream with its compression off; damage of it is damage of the image. */
export async function* decompressed(packed: ByteStream, compression: Compression | null, streams: Streams): ByteStream {
  if (compression === null) return yield* packed;
  try {
    yield* streams.decompress(compression, packed);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'compressed-stream') throw error;
    throw refused('image-damaged', `${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`, {
      cause: error,
    });
  }
}
