import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import type { DeviceNumber } from '../../domain/entry.ts';
import type { ImageAttributes, ImageEntry } from '../image-entry.ts';
import { refused } from '../image-failure.ts';
import { countField, numberField, textField } from './fields.ts';
import type { HeaderBlocks } from './header-blocks.ts';
import { pathOfName } from './path.ts';
import { attributesOf } from './pax-attributes.ts';
import type { PaxKeywords } from './pax-records.ts';
import { parsePaxTime } from './time.ts';

/** What is told about the content apart from the entry: it may be a map first. */
export type DecodedEntry = {
  readonly entry: Omit<ImageEntry, 'extents' | 'size'>;
  /** Bytes in the archive. */
  readonly storedSize: number;
  /** The header says that a sparse map follows in GNU tar's old way. */
  readonly isOldSparse: boolean;
};

/** Types by the letter in the header (POSIX ustar; `7` and `S` are files; a `\0` is that of the oldest tars). */
const types: Readonly<Record<string, ImageEntry['type']>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  S: 'file',
};

/** Where a field of the header is, and how long. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  link: [157, 100],
  magic: [257, 6],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
} as const;

/**
 * The entry that headers describe, read byte by byte: names are no text (case 7), nor are values of attributes. Throws
 * Failure `image-damaged`, `image-unsafe` or `image-unsupported`.
 */
export function decodeEntry({ header, longName, longLink, pax }: HeaderBlocks): DecodedEntry {
  const name = pax.get('GNU.sparse.name') ?? pax.get('path') ?? longName ?? shortName(header);
  const linkName = pax.get('linkpath') ?? longLink ?? textField(header, ...fields.link);
  const letter = header[156] ?? '';
  const type = typeOf(letter, name);
  const storedSize = pax.count('size') ?? countField(header, ...fields.size);
  const holdsData = type === 'file' || type === 'directory' ? false : storedSize > 0;
  if (holdsData) throw refused('image-unsupported', `${displayBytes(name)} is no file, yet has content`);
  const entry = {
    ...attributesIn(header, pax),
    path: pathOfName(name),
    type,
    target: type === 'symlink' ? linkName : '',
    linkTo: type === 'link' ? pathOfName(linkName) : '/',
    device: deviceOf(type, header),
  };
  return { entry, storedSize: type === 'file' ? storedSize : 0, isOldSparse: letter === 'S' };
}

function typeOf(letter: string, name: ByteString): ImageEntry['type'] {
  // The oldest tars have no type for directories.
  if ((letter === '0' || letter === '\0') && name.endsWith('/')) return 'directory';
  const type = types[letter];
  if (type !== undefined) return type;
  throw refused(
    'image-unsupported',
    `${displayBytes(name)} is of the type ${displayBytes(letter)}, which is not known`,
  );
}

/** GNU tar has other things where ustar has the beginning of a long name. */
function shortName(header: ByteString): ByteString {
  const name = textField(header, ...fields.name);
  const isUstar = header.startsWith('ustar\0', fields.magic[0]);
  const prefix = isUstar ? textField(header, ...fields.prefix) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function attributesIn(header: ByteString, pax: PaxKeywords): ImageAttributes {
  const time = pax.get('mtime');
  return {
    mode: countField(header, ...fields.mode) & 0o7777,
    uid: ownerOf(pax.count('uid') ?? countField(header, ...fields.uid)),
    gid: ownerOf(pax.count('gid') ?? countField(header, ...fields.gid)),
    mtime: time === null ? { seconds: numberField(header, ...fields.mtime), nanoseconds: 0 } : parsePaxTime(time),
    ...attributesOf(pax),
  };
}

/** The largest number means "leave it" to the kernel. */
function ownerOf(number: number): number {
  if (number < 0xffffffff) return number;
  throw refused('image-damaged', `an entry has the owner ${number}, which no system has`);
}

function deviceOf(type: ImageEntry['type'], header: ByteString): DeviceNumber | null {
  if (type !== 'character' && type !== 'block') return null;
  return { major: countField(header, ...fields.major), minor: countField(header, ...fields.minor) };
}
