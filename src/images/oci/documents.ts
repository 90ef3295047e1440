import { type ByteString, textOfBytes } from '../../domain/bytes.ts';
import { refused } from '../image-failure.ts';

/** What a manifest refers to: a blob with its digest and size (OCI image specification, "Content Descriptors"). */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly platform: Readonly<Record<string, unknown>>;
};

/** An index names manifests, a manifest names layers, the lowest first. */
export type Document =
  | { readonly kind: 'index'; readonly manifests: readonly Descriptor[] }
  | { readonly kind: 'manifest'; readonly layers: readonly Descriptor[] };

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads an index or manifest, of OCI or of Docker (version 2, schema 2). Throws Failure `image-damaged` where it is none,
 * and `image-unsupported` where its blobs have digests that are not SHA-256.
 */
export function parseDocument(content: ByteString): Document {
  const json = parseJson(content);
  if (Array.isArray(json['manifests'])) return { kind: 'index', manifests: json['manifests'].map(descriptor) };
  if (Array.isArray(json['layers'])) return { kind: 'manifest', layers: json['layers'].map(descriptor) };
  throw refused('image-damaged', 'its manifest is none: it names neither layers nor manifests');
}

function parseJson(content: ByteString): Json {
  try {
    const json: unknown = JSON.parse(textOfBytes(content) ?? '');
    return objectOf(json);
  } catch (error) {
    if (error instanceof SyntaxError) throw refused('image-damaged', 'its manifest is no JSON', { cause: error });
    throw error;
  }
}

function descriptor(value: unknown): Descriptor {
  const { digest, size, mediaType, annotations = {}, platform = {} } = objectOf(value);
  if (typeof digest !== 'string' || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw refused('image-damaged', 'its manifest names a blob without digest or size');
  }
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw refused('image-unsupported', `its manifest names a blob by ${digest.slice(0, 100)}, which is no SHA-256`);
  }
  const type = typeof mediaType === 'string' ? mediaType : '';
  return { digest, size, mediaType: type, annotations: objectOf(annotations), platform: objectOf(platform) };
}

function objectOf(value: unknown): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw refused('image-damaged', 'its manifest is malformed');
}
