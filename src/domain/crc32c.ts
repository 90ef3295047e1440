/** Castagnoli's polynomial, its bits reversed (RFC 3720, appendix B.4, has the checksum with its bits inverted). */
const polynomial = 0x82f63b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ polynomial;
  return value;
});

/**
 * CRC32C as btrfs uses it: not inverted. `before` is the checksum of the bytes before these, or what it begins with.
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = before;
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 0xff] ?? 0);
  return crc >>> 0;
}
