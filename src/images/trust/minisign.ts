import type { ByteString } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';

/**
 * The format of detached signatures is minisign's (https://jedisct1.github.io/minisign/). It is in use for years for what
 * distributions and compilers are delivered as, has tools in every distribution, and is what signify of OpenBSD became.
 * It was chosen since it needs Ed25519 and BLAKE2b only, both of which Node has, so that an image is verified in the same
 * single reading that unpacks it and without another program; since nothing in it expires, so that a wrong clock does not
 * make a good image look bad (case 126), nor a key of yesterday look good; and since the comment, which tells the name
 * and the version of what was signed, is signed too. OpenPGP needs keyrings, a clock and gpgv; cosign needs a registry.
 */

/** A public key; all parts are raw bytes. */
export type MinisignKey = { readonly id: ByteString; readonly publicKey: ByteString };

/** A detached signature, of the BLAKE2b-512 of a file; and of itself with the comment. */
export type MinisignSignature = {
  readonly keyId: ByteString;
  readonly signature: ByteString;
  readonly comment: ByteString;
  readonly commentSignature: ByteString;
};

/** The first bytes of a key, of a signature of a digest, and of one of the whole file (what minisign made before 0.10). */
const algorithms = { key: 'Ed', prehashed: 'ED', legacy: 'Ed' } as const;
const sizes = { id: 8, publicKey: 32, signature: 64 } as const;

/** Parses a file that `minisign -G` writes: a comment, then the key in base64. Throws Failure `key-syntax`. */
export function parseKey(content: ByteString, file: string): MinisignKey {
  const lines = content.trim().split('\n');
  const bytes = decode(lines.at(-1) ?? '');
  if (lines.length > 2 || bytes?.length !== 2 + sizes.id + sizes.publicKey || !bytes.startsWith(algorithms.key)) {
    throw new Failure({
      code: 'key-syntax',
      kind: 'failed',
      message: `Cannot use ${file}: it is no public key of minisign`,
    });
  }
  return { id: bytes.slice(2, 2 + sizes.id), publicKey: bytes.slice(2 + sizes.id) };
}

/** Parses a file that `minisign -S` writes. Throws Failure `signature-syntax`. */
export function parseSignature(content: ByteString, file: string): MinisignSignature {
  const [, packed = '', comment = '', packedComment = '', ...rest] = content
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\r$/, ''));
  const [bytes, commentSignature] = [decode(packed), decode(packedComment)];
  const prefix = 'trusted comment: ';
  const isWhole =
    bytes?.length === 2 + sizes.id + sizes.signature &&
    commentSignature?.length === sizes.signature &&
    rest.length === 0;
  if (!isWhole || !comment.startsWith(prefix)) throw syntax(file, 'it is no signature of minisign');
  if (!bytes.startsWith(algorithms.prehashed)) {
    throw syntax(file, 'it is a signature of the old kind', 'Sign with minisign 0.10 or newer, or with minisign -H');
  }
  return {
    keyId: bytes.slice(2, 2 + sizes.id),
    signature: bytes.slice(2 + sizes.id),
    comment: comment.slice(prefix.length),
    commentSignature,
  };
}

function syntax(file: string, reason: string, advice?: string): Failure {
  const message = `Cannot use the signature ${file}: ${reason}`;
  return new Failure({ code: 'signature-syntax', kind: 'input', message, ...(advice === undefined ? {} : { advice }) });
}

function decode(base64: string): ByteString | null {
  return base64 !== '' && base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64) ? atob(base64) : null;
}
