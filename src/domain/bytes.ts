/**
 * Bytes held in a string, one code unit (0 to 255) a byte. Names of paths, targets of links, values of extended
 * attributes and contents of files are bytes, not UTF-8 (case 7); as strings they compare, sort and serve as keys.
 */
export type ByteString = string;

/** Bytes as they stand in JSON: text where they are UTF-8, base64 where they are not. */
export type JsonBytes = string | { readonly base64: string };

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = new TextEncoder();

/** Bytes of a text, encoded as UTF-8. */
export function bytesOfText(text: string): ByteString {
  if (isAscii(text)) return text;
  return fromUint8Array(utf8.encode(text));
}

/** The text that the bytes encode, or null where they are not UTF-8. */
export function textOfBytes(bytes: ByteString): string | null {
  if (isAscii(bytes)) return bytes;
  try {
    return strictUtf8.decode(toUint8Array(bytes));
  } catch (error) {
    // TypeError is how a fatal TextDecoder says "not UTF-8"; anything else is a defect.
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** The text that the bytes encode; where they are not UTF-8, each byte as the character of its number. */
export function textOrBytes(bytes: ByteString): string {
  return textOfBytes(bytes) ?? bytes;
}

/** The bytes without blanks at both ends. `trim()` would take the byte 0xa0 for one, which ends letters such as `à`. */
export function trimBlanks(bytes: ByteString): ByteString {
  return bytes.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');
}

/** Bytes for JSON; `jsonToBytes` is its inverse. */
export function bytesToJson(bytes: ByteString): JsonBytes {
  return textOfBytes(bytes) ?? { base64: btoa(bytes) };
}

/** Whether a value out of JSON is bytes as `bytesToJson` gives them. */
export function isJsonBytes(value: unknown): value is JsonBytes {
  if (typeof value === 'string') return true;
  if (typeof value !== 'object' || value === null || !('base64' in value)) return false;
  const { base64 } = value;
  return typeof base64 === 'string' && base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64);
}

/** Bytes from JSON; the inverse of `bytesToJson`. */
export function jsonToBytes(json: JsonBytes): ByteString {
  return typeof json === 'string' ? bytesOfText(json) : atob(json.base64);
}

/** Bytes for a person: one line, control characters and bytes that are not UTF-8 shown as `\n`, `\x07`. */
export function displayBytes(bytes: ByteString): string {
  const text = textOfBytes(bytes);
  if (text === null) return bytes.replace(/[^\x20-\x7e]|\\/g, escapeByte);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach the terminal
  return text.replace(/[\x00-\x1f\x7f-\x9f\\]/g, escapeByte);
}

function escapeByte(character: string): string {
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  if (character === '\\') return '\\\\';
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** Whether each character is a byte of UTF-8, and the same byte. */
export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole ASCII range is meant
  return /^[\x00-\x7f]*$/.test(text);
}

function toUint8Array(bytes: ByteString): Uint8Array {
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}

function fromUint8Array(array: Uint8Array): ByteString {
  let bytes = '';
  for (const byte of array) bytes += String.fromCharCode(byte);
  return bytes;
}
