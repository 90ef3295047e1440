import { Failure } from '../../domain/failure.ts';
import { systemVolume } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { refused } from '../../images/image-failure.ts';
import { hexadecimal, requireDigest } from '../../images/trust/expectation.ts';
import { readTrustedKeys, trustedDirectories } from '../../images/trust/trusted-keys.ts';
import { objectAt } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import { isReceived } from '../transfer/received-note.ts';
import type { ImportRequest } from './import-image.ts';

/**
 * The tag of an image that the store has by that name, or of another tag that can be one, none that came from another
 * store; null where there is none. What is asked of an image is asked of it too. Throws Failure `digest-syntax`,
 * `image-mismatch` where it came with another digest or with none, `image-untrusted` where keys are installed and it came
 * without a signature by one of them, and `image-known` for what only an image that is unpacked can be asked.
 */
export function imageInStore(
  place: StorePlace,
  request: Pick<ImportRequest, 'source' | 'digest' | 'signature' | 'name'>,
): string | null {
  const { source } = request;
  const tag = readStore(
    place,
    ({ state }) => objectAt(state, { volume: systemVolume, kind: 'tag', name: source })?.record,
  );
  if (tag === undefined || isReceived(tag)) return null;
  if (request.signature !== null) throw known(source, 'its signature was checked when it came', '--signature');
  if (request.name !== null) throw known(source, 'it keeps its name', '--name');
  if (request.digest !== null) requireSameDigest(request.digest, tag);
  requireSigned(tag, place);
  return source;
}

function requireSameDigest(wanted: string, { notes }: ObjectRecord): void {
  requireDigest(wanted);
  const { digest = null } = notes;
  if (digest === wanted) return;
  const has = digest === null ? 'it came without a digest' : `its digest is ${digest}`;
  throw refused('image-mismatch', `${has}, and ${wanted} was asked for`);
}

/** An image may have come before the key, or by one that is taken back since. */
function requireSigned({ name, notes }: ObjectRecord, { system }: StorePlace): void {
  const keys = readTrustedKeys(trustedDirectories, system);
  if (keys.length === 0 || keys.some(({ id }) => hexadecimal(id) === notes['key'])) return;
  throw refused(
    'image-untrusted',
    `${keys[0]?.file} is installed, and ${name} came into the store ${signedHow(notes)}`,
    {
      advice: 'Stage it from its source, with its signature beside it',
    },
  );
}

/** The key of a signature was not always noted. */
function signedHow({ key, signer }: ObjectRecord['notes']): string {
  if (key !== undefined) return 'with a signature by a key that is not';
  return signer === undefined ? 'without a signature' : 'with a signature by a key that was not recorded';
}

function known(name: string, why: string, option: string): Failure {
  const message = `Cannot use ${option} with ${name}, which is in the store: ${why}`;
  return new Failure({ code: 'image-known', kind: 'input', message, advice: `Leave out ${option}` });
}
