import type { ByteString } from '../domain/bytes.ts';
import { copyTree } from './copy-tree.ts';
import { refused } from './image-failure.ts';
import type { Done, Job } from './job.ts';
import { Expectation } from './trust/expectation.ts';

/** Copies a directory. It has no bytes of its own, so nothing can be asked of them. */
export async function unpackDirectory(directory: ByteString, job: Job): Promise<Done> {
  const { system, meter, writer, options } = job;
  if (Expectation.open(options, system, null).isStrict) {
    throw refused('image-mismatch', 'a directory has no digest that could be compared', {
      advice: 'Give the archive that it was made from',
    });
  }
  const from = system.openRoot(directory);
  try {
    meter.expectNothingPacked();
    meter.begin('unpack', null);
    const leftOut = await copyTree(from, job);
    writer.finish();
    return { digest: null, signer: null, leftOut };
  } finally {
    from.close();
  }
}
