import type { ByteString } from '../../domain/bytes.ts';

/** Files with more bytes than this are not merged by lines: 16 MiB. */
export const mergeableBytes: number = 16 * 1024 * 1024;

/** How far into a file git looks for the NUL that makes it binary. */
const inspectedBytes = 8000;

/** Whether git would treat the content as text: no NUL in its first 8,000 bytes. */
export function isText(content: ByteString): boolean {
  return !content.slice(0, inspectedBytes).includes('\0');
}
