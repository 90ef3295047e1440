import { type ByteString, textOrBytes } from '../../domain/bytes.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { Place } from '../../domain/volume.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { SubvolumeIdentity } from '../../system/subvolume.ts';
import type { System } from '../../system/system.ts';
import type { NativeStream, NativeStreams } from '../backend.ts';
import { makeParents, noObject, objectPath, requireFree } from '../object-places.ts';
import { writeSidecar } from '../sidecars.ts';
import { notReceived, receivingFailure } from './receive-failure.ts';
import { clearReceiving, makeReceiving, receivingPath } from './receiving-directory.ts';
import { removeObject } from './remove-object.ts';
import { requireSubvolume } from './subvolume-object.ts';

/** Streams of `btrfs send`. */
export function nativeStreams(system: System, storeDirectory: ByteString): NativeStreams {
  function withStore<Result>(use: (files: Files) => Result): Result {
    return withDirectory(system, storeDirectory, use);
  }

  function directoryOf(place: Place): ByteString {
    return `${storeDirectory}${objectPath(place)}`;
  }

  return {
    send(place, { parent, signal }) {
      withStore((files) => {
        for (const one of [place, ...(parent === null ? [] : [parent])]) requireSubvolume(files, one);
      });
      const { uuid, receivedUuid } = identityAt(system, directoryOf(place), place);
      const from = parent === null ? [] : ['-p', textOrBytes(directoryOf(parent))];
      const args = ['-q', 'send', ...from, textOrBytes(directoryOf(place))];
      // What was received itself is sent on under the uuid that it came with.
      const proof = receivedUuid ?? uuid;
      return { format: 'btrfs', proof, bytes: system.streams.output('btrfs', args, { signal }) };
    },
    async receive(place, stream, { sidecar, signal }) {
      withStore((files) => {
        requireFree(files, place);
        makeParents(files, place);
        makeReceiving(system, files, place);
      });
      try {
        await feed(system, textOrBytes(`${storeDirectory}${receivingPath(place)}`), stream, signal);
        withStore((files) => takeReceived(system, files, place, stream.proof));
      } catch (error) {
        withStore((files) => discard(system, files, place));
        throw error;
      }
      withStore((files) => {
        clearReceiving(system, files, place);
        writeSidecar(files, place, sidecar);
      });
    },
  };
}

/**
 * The program is confined to the directory, so that no path and no link in a stream leads out of it; the parent it finds
 * by its uuid all the same.
 */
async function feed(system: System, directory: string, { bytes }: NativeStream, signal: AbortSignal): Promise<void> {
  try {
    await system.streams.feed('btrfs', ['-q', 'receive', '--chroot', directory], bytes, { signal });
  } catch (error) {
    throw receivingFailure(error);
  }
}

/**
 * Makes the tag of the one subvolume that came: a snapshot, as what is read-only cannot be moved to another directory. The
 * kernel leaves it the received uuid, which only a stream that was carried out to its end has set.
 */
function takeReceived(system: System, files: Files, place: Place, proof: string): void {
  const [name, ...more] = files.list(receivingPath(place));
  if (name === undefined || more.length > 0) throw notReceived('it is not a stream of one subvolume');
  const directory = `${files.root}${receivingPath(place)}/${name}`;
  requireProof(identityAt(system, directory, place), proof);
  const target = `${files.root}${objectPath(place)}`;
  system.commands.run('btrfs', ['subvolume', 'snapshot', '-r', textOrBytes(directory), textOrBytes(target)]);
  requireProof(identityAt(system, target, place), proof);
  files.syncFilesystem();
}

/** After a failure, which is what there is to tell: what cannot be removed now, `remove` removes. */
function discard(system: System, files: Files, place: Place): void {
  try {
    removeObject(system, files, place);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
  }
}

function requireProof({ readOnly, receivedUuid }: SubvolumeIdentity, proof: string): void {
  if (!readOnly) throw notReceived('what came of it can be written to');
  if (receivedUuid !== proof) throw notReceived(`it is of the subvolume ${receivedUuid ?? 'unknown'}, not of ${proof}`);
}

function identityAt(system: System, directory: ByteString, place: Place): SubvolumeIdentity {
  const subvolume = system.subvolumes.open(directory);
  if (subvolume === null) throw noObject(place, 'there is no subvolume');
  try {
    return subvolume.identity;
  } finally {
    subvolume.close();
  }
}
