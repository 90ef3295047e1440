import type { ByteString } from '../domain/bytes.ts';
import { jsonOrNull } from '../domain/json.ts';
import { asciiJson, isFields } from '../domain/volume-json.ts';

/** SHA-256 of bytes, lower-case hexadecimal. */
export type Digest = (bytes: ByteString) => string;

const sumLength = 32;
/** Where the checksum of a document stands, at its end. */
const ending = new RegExp(`,"sum":"([0-9a-f]{${sumLength}})"\\}$`);

/** A document of JSON on one line, with the checksum of all that stands before it as its last key. */
export function seal(document: Readonly<Record<string, unknown>>, digest: Digest): { text: string; sum: string } {
  const body = asciiJson(document);
  const sum = sumOf(body, digest);
  return { text: `${body.slice(0, -1)},"sum":"${sum}"}`, sum };
}

/** What was sealed, with its checksum. Null where as much as one byte of it is another. */
export function unseal(
  text: ByteString,
  digest: Digest,
): { readonly fields: Readonly<Record<string, unknown>>; readonly sum: string } | null {
  const [tail, sum] = ending.exec(text) ?? [];
  if (tail === undefined || sum === undefined) return null;
  const body = `${text.slice(0, -tail.length)}}`;
  if (sumOf(body, digest) !== sum) return null;
  const fields = jsonOrNull(body);
  return isFields(fields) ? { fields, sum } : null;
}

function sumOf(body: string, digest: Digest): string {
  return digest(body).slice(0, sumLength);
}
