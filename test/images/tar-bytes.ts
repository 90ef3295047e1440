import { gzipSync } from 'node:zlib';

/** An entry as it stands in an archive; what is left out is as for a plain file. */
export type TarEntry = {
  readonly name: string;
  readonly type?: string;
  readonly link?: string;
  readonly content?: string;
  /** Instead of the length of the content. */
  readonly size?: number | string;
  readonly mode?: string;
  readonly uid?: string;
  readonly magic?: string;
  readonly device?: readonly [number, number];
  /** Put over the header from this place on, before the sum is made. */
  readonly at?: readonly (readonly [number, string])[];
};

/** A tar archive of these entries, each made by hand, as bytes in a latin1 string; without its end where `end` is empty. */
export function tarOf(entries: readonly TarEntry[], end = '\0'.repeat(1024)): string {
  return entries.map(entryBytes).join('') + end;
}

export function entryBytes(entry: TarEntry): string {
  const { content = '' } = entry;
  return headerOf(entry) + content + '\0'.repeat((512 - (content.length % 512)) % 512);
}

function headerOf(entry: TarEntry): string {
  const { name, type = '0', link = '', content = '', magic = 'ustar\x0000', mode = '0000644', uid = '0000000' } = entry;
  const { size = content.length, device = [0, 0], at = [] } = entry;
  const header = Buffer.alloc(512);
  const put = (offset: number, text: string): number => header.write(text, offset, 'latin1');
  put(0, name);
  put(100, mode);
  put(108, uid);
  put(116, '0000000');
  put(124, typeof size === 'string' ? size : size.toString(8).padStart(11, '0'));
  put(136, '14000000000');
  put(156, type);
  put(157, link);
  put(257, magic);
  put(329, device[0].toString(8).padStart(7, '0'));
  put(337, device[1].toString(8).padStart(7, '0'));
  for (const [offset, text] of at) put(offset, text);
  put(148, sumOf(header).toString(8).padStart(6, '0'));
  return header.toString('latin1');
}

/** The sum of all bytes, that of the sum's own field as blanks; which is then put into it. */
export function sumOf(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
}

/** An extended header with these records. */
export function paxHeader(records: Readonly<Record<string, string>>, type = 'x'): TarEntry {
  const content = Object.entries(records)
    .map(([key, value]) => record(key, value))
    .join('');
  return { name: 'pax', type, content };
}

/** A record counts its own length. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const guess = rest.length + String(rest.length).length;
  return `${String(rest.length + String(guess).length).length === String(guess).length ? guess : guess + 1}${rest}`;
}

/** The smallest system. */
export const smallSystem: readonly TarEntry[] = [
  { name: './', type: '5', mode: '0000755' },
  { name: './usr/', type: '5', mode: '0000755' },
  { name: './usr/lib/', type: '5', mode: '0000755' },
  { name: './usr/lib/os-release', content: 'ID=small\nVERSION_ID=1\n' },
];

/** The same bytes packed by gzip. */
export function gzipped(bytes: string): Buffer {
  return gzipSync(Buffer.from(bytes, 'latin1'));
}
