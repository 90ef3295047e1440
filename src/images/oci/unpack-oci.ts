import { type ByteString, bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import type { Files } from '../../system/files.ts';
import type { Compression } from '../../system/streams.ts';
import type { ImageFile } from '../image-file.ts';
import type { Done, Job } from '../job.ts';
import { Meter } from '../limits.ts';
import { readTar } from '../tar/read-tar.ts';
import { TreeWriter } from '../tree-writer.ts';
import { CheckedStream } from '../trust/checked-stream.ts';
import { Expectation, type Verified } from '../trust/expectation.ts';
import { decompressed } from '../unpack-tar.ts';
import { Blobs, readDocument } from './blobs.ts';
import { findManifest, type Manifest } from './find-manifest.ts';
import { unpackLayers } from './unpack-layers.ts';

/** Unpacks an image of a layout directory. Its digest, and what is signed, is its manifest, which names all the rest. */
export async function unpackLayout(directory: ByteString, tag: string | null, job: Job): Promise<Done> {
  const expectation = Expectation.open(job.options, job.system, null);
  return await withRoot(directory, job, async (files) => {
    const { blobs, manifest } = manifestIn(files, tag, job);
    return await unpackManifest(manifest, blobs, expectation, job);
  });
}

/** The same of a layout in an archive, whose own bytes are what its digest and signature are of. */
export async function unpackLayoutArchive(
  file: ImageFile,
  { compression, tag }: { readonly compression: Compression | null; readonly tag: string | null },
  job: Job,
): Promise<Done> {
  const expectation = Expectation.open(job.options, job.system, textOrBytes(file.path));
  return await job.system.streams.withDirectory(job.options.scratch, (scratch) =>
    withRoot(bytesOfText(scratch), job, async (files) => {
      const verified = await unpackArchive(file, { compression, expectation, files }, job);
      const { blobs, manifest } = manifestIn(files, tag, job);
      await unpackLayers(manifest.layers, blobs, job);
      job.writer.finish();
      return { ...verified, leftOut: [] };
    }),
  );
}

/** Unpacks the image of a manifest, the bytes of which are checked first. */
export async function unpackManifest(
  { content, layers }: Manifest,
  blobs: Blobs,
  expectation: Expectation,
  job: Job,
): Promise<Done> {
  const check = expectation.start();
  check.update(Buffer.from(content, 'latin1'));
  const verified = check.end();
  await unpackLayers(layers, blobs, job);
  job.writer.finish();
  return { ...verified, leftOut: [] };
}

/** The manifest that a layout's index leads to, without its content being trusted yet. */
export function manifestIn(
  files: Files,
  tag: string | null,
  { system }: Pick<Job, 'system'>,
): { blobs: Blobs; manifest: Manifest } {
  const blobs = new Blobs(system, files, '/blobs/sha256');
  const choice = { tag, architecture: system.streams.architecture };
  return { blobs, manifest: findManifest(readDocument(files, '/index.json'), blobs, choice) };
}

type Unpacking = { readonly compression: Compression | null; readonly expectation: Expectation; readonly files: Files };

async function unpackArchive(
  file: ImageFile,
  { compression, expectation, files }: Unpacking,
  job: Job,
): Promise<Verified> {
  const { streams } = job.system;
  const meter = new Meter(files, job.options.limits, job.hooks);
  meter.begin('check', file.size);
  meter.needSpace(file.size);
  const writer = new TreeWriter(files, meter);
  const checked = new CheckedStream(streams.read(file.path), expectation, (bytes) => meter.addRead(bytes, 'check'));
  try {
    const archive = decompressed(checked.bytes(), compression, streams);
    await readTar(archive, (entry, content) => writer.write(entry, content));
    return await checked.finish();
  } finally {
    await checked.close();
  }
}

export async function withRoot<Result>(
  directory: ByteString,
  { system }: Pick<Job, 'system'>,
  use: (files: Files) => Promise<Result>,
): Promise<Result> {
  const files = system.openRoot(directory);
  try {
    return await use(files);
  } finally {
    files.close();
  }
}
