import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { Streams } from '../../system/streams.ts';
import type { System } from '../../system/system.ts';
import { refused } from '../image-failure.ts';
import { type MinisignSignature, parseSignature } from './minisign.ts';
import { readTrustedKeys, type TrustedKey } from './trusted-keys.ts';

/** What is asked of an image. */
export type TrustOptions = {
  /** `sha256:` and 64 hexadecimal digits, or null where any will do. */
  readonly digest: string | null;
  /** The file of the detached signature; null: beside the image, with `.minisig` behind its name. */
  readonly signature: string | null;
  readonly trustedDirectories: readonly string[];
};

/** What is known of an image that was read whole. */
export type Verified = {
  /** `sha256:…` of its bytes; of a registry's or layout's manifest. Null for a directory, which has no bytes of its own. */
  readonly digest: string | null;
  /** Who signed it: the key's file and number, and the comment that was signed with it. Null where no key is installed. */
  readonly signer: { readonly key: string; readonly keyId: string; readonly comment: string } | null;
};

type Signed = { readonly key: TrustedKey; readonly signature: MinisignSignature; readonly file: string };

/** What an image's bytes have to be; they are given to it as they are read. */
export class Expectation {
  readonly #streams: Streams;
  readonly #digest: string | null;
  readonly #signed: Signed | null;

  private constructor(streams: Streams, digest: string | null, signed: Signed | null) {
    this.#streams = streams;
    this.#digest = digest;
    this.#signed = signed;
  }

  /**
   * Reads keys and signature; `beside` is where the signature would lie. Throws Failure `image-untrusted` where a key is
   * installed and there is no signature by one, before anything of the image is read.
   */
  static open(options: TrustOptions, system: System, beside: string | null): Expectation {
    const { digest } = options;
    if (digest !== null) requireDigest(digest);
    const keys = readTrustedKeys(options.trustedDirectories, system);
    const file = options.signature ?? (beside === null ? null : `${beside}.minisig`);
    const signed = keys.length === 0 && options.signature === null ? null : signedBy(keys, file, system);
    return new Expectation(system.streams, digest, signed);
  }

  /** Whether anything is asked for that only bytes can answer. */
  get isStrict(): boolean {
    return this.#digest !== null || this.#signed !== null;
  }

  /** Takes the bytes; `end` throws Failure `image-mismatch` or `image-untrusted`. */
  start(): { readonly update: (bytes: Uint8Array) => void; readonly end: () => Verified } {
    const sha256 = this.#streams.digest('sha256');
    const blake2b = this.#signed === null ? null : this.#streams.digest('blake2b512');
    return {
      update: (bytes) => {
        sha256.update(bytes);
        blake2b?.update(bytes);
      },
      end: () => {
        const digest = `sha256:${hexadecimal(sha256.end())}`;
        if (this.#digest !== null && this.#digest !== digest) {
          throw refused('image-mismatch', `its digest is ${digest}, and ${this.#digest} was asked for`);
        }
        return { digest, signer: this.#checkSignature(blake2b?.end() ?? '') };
      },
    };
  }

  #checkSignature(hash: ByteString): Verified['signer'] {
    if (this.#signed === null) return null;
    const { key, file, signature } = this.#signed;
    const { publicKey } = key;
    const vouched = signature.signature + signature.comment;
    const isGood =
      this.#streams.isSigned({ publicKey, message: hash, signature: signature.signature }) &&
      this.#streams.isSigned({ publicKey, message: vouched, signature: signature.commentSignature });
    if (!isGood)
      throw refused('image-untrusted', `the signature ${file} is not one of this image by the key ${key.file}`);
    return { key: key.file, keyId: hexadecimal(key.id), comment: displayBytes(signature.comment) };
  }
}

/** Throws Failure `digest-syntax` for what is none. */
export function requireDigest(digest: string): void {
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return;
  const message = `Cannot use the digest ${displayBytes(digest)}: it is not sha256: with 64 hexadecimal digits`;
  throw new Failure({ code: 'digest-syntax', kind: 'input', message });
}

function signedBy(keys: readonly TrustedKey[], file: string | null, system: System): Signed {
  if (keys.length === 0) throw refused('image-untrusted', 'a signature is given, but no trusted key is installed');
  if (file === null || !system.exists(file)) {
    throw refused(
      'image-untrusted',
      `${keys[0]?.file} is installed, and there is no signature${file === null ? '' : ` ${file}`}`,
      {
        advice: 'Sign it with minisign -S, or name the file of the signature with --signature',
      },
    );
  }
  const signature = parseSignature(system.readFile(file), file);
  const key = keys.find(({ id }) => id === signature.keyId);
  if (key === undefined) throw refused('image-untrusted', `the signature ${file} is by a key that is not installed`);
  return { key, signature, file };
}

/** Bytes as lower-case digits. */
export function hexadecimal(bytes: ByteString): string {
  return [...bytes].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
