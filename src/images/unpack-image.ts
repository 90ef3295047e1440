import { Failure } from '../domain/failure.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { type ImageFacts, imageFacts } from './image-facts.ts';
import type { Done, Job, UnpackOptions } from './job.ts';
import { type Hooks, Meter } from './limits.ts';
import { emptyDirectory } from './remove-tree.ts';
import { suggestTag } from './suggest-tag.ts';
import { TreeWriter } from './tree-writer.ts';

/** How the image of one source is unpacked: all but the attributes of its root. */
export type Unpack = (job: Job) => Promise<Done>;

/** An image that lies in its directory whole and checked. */
export type Unpacked = Done & {
  readonly facts: ImageFacts;
  /** A name for its tag. */
  readonly suggestedTag: string;
  readonly entries: number;
  /** Bytes of all files, holes left out. */
  readonly bytes: number;
};

/**
 * Unpacks an image into an empty directory that nobody looks at yet, such as a branch without its sidecar; it is whole
 * when this returns, though not durable. Whatever goes wrong, and when the signal is aborted, the directory is emptied.
 * Throws the Failures of `ImageRefusal`, `not-empty`, and the signal's reason.
 */
export async function unpackImage(
  unpack: Unpack,
  { into, options, hooks, system }: { into: Files; options: UnpackOptions; hooks: Hooks; system: System },
): Promise<Unpacked> {
  if (into.list('/').length > 0) {
    throw new Failure({
      code: 'not-empty',
      kind: 'failed',
      message: `Cannot unpack into ${into.root}: it is not empty`,
    });
  }
  const meter = new Meter(into, options.limits, hooks);
  const writer = new TreeWriter(into, meter);
  try {
    const done = await unpack({ system, into, writer, meter, options, hooks });
    const facts = imageFacts(into);
    // From here on it counts: a signal that came while something large was written is heard before.
    await system.streams.turn();
    hooks.signal.throwIfAborted();
    writer.finishRoot();
    const suggestedTag = suggestTag(facts, done.digest?.slice('sha256:'.length) ?? null);
    return { ...done, facts, suggestedTag, entries: meter.entries, bytes: meter.written };
  } catch (error) {
    emptyDirectory(into, '/');
    // Programs that were ended by the same signal look as if the image were damaged.
    hooks.signal.throwIfAborted();
    throw error;
  }
}
