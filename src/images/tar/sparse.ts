import type { ByteString } from '../../domain/bytes.ts';
import type { Extent } from '../image-entry.ts';
import { refused } from '../image-failure.ts';
import { countField } from './fields.ts';
import type { PaxKeywords } from './pax-records.ts';

/** A sparse file: where its data lies, and its size with the holes. */
export type SparseMap = { readonly extents: readonly Extent[]; readonly size: number };

/** Of GNU tar's old header: places of the map, of the flag that more follows, and of the size (GNU tar, "Basic Tar"). */
const oldGnu = { map: 386, entries: 4, more: 482, size: 483 } as const;
/** Of a block that goes on with it. */
const continued = { entries: 21, more: 504 } as const;

/** The map in a header of type `S`, and whether blocks with more of it follow. */
export function oldSparseHeader(header: ByteString): {
  readonly extents: Extent[];
  readonly more: boolean;
  readonly size: number;
} {
  const extents = oldExtents(header, oldGnu.map, oldGnu.entries);
  return { extents, more: header.charCodeAt(oldGnu.more) === 1, size: countField(header, oldGnu.size, 12) };
}

/** The same of a block that follows. */
export function oldSparseBlock(block: ByteString): { readonly extents: Extent[]; readonly more: boolean } {
  return { extents: oldExtents(block, 0, continued.entries), more: block.charCodeAt(continued.more) === 1 };
}

function oldExtents(block: ByteString, offset: number, count: number): Extent[] {
  const extents: Extent[] = [];
  for (let index = 0; index < count; index++) {
    const at = offset + index * 24;
    // The rest of a map that has ended is NUL.
    if (block[at] === '\0') break;
    extents.push({ offset: countField(block, at, 12), length: countField(block, at + 12, 12) });
  }
  return extents;
}

/** What GNU tar's formats 0.0 and 0.1 say in keywords; null for a file that is not sparse, or that holds its own map. */
export function sparseOfKeywords(pax: PaxKeywords): SparseMap | null {
  const size = pax.count('GNU.sparse.size');
  if (size === null || hasOwnMap(pax)) return null;
  const map = pax.get('GNU.sparse.map');
  if (map !== null) return { extents: pairs(map.split(',')), size };
  const repeated = pax.records.filter(({ key }) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes');
  return { extents: pairs(repeated.map(({ value }) => value)), size };
}

/** Format 1.0: the map stands before the data. */
export function hasOwnMap(pax: PaxKeywords): boolean {
  return pax.get('GNU.sparse.major') !== null && pax.get('GNU.sparse.major') !== '0';
}

/** Only a file with many holes has a map of some size; 16 MiB hold a million. */
const longestMap = 16 * 1024 * 1024;

/**
 * The map before the data of a file in format 1.0, decimal numbers of one line each and NUL up to a whole block; asks for
 * a block at a time. Throws Failure `image-unsupported` for another format.
 */
export async function readOwnMap(
  pax: PaxKeywords,
  nextBlock: () => Promise<ByteString>,
): Promise<SparseMap & { readonly mapSize: number }> {
  const version = `${pax.get('GNU.sparse.major')}.${pax.get('GNU.sparse.minor') ?? '0'}`;
  const size = pax.count('GNU.sparse.realsize');
  if (version !== '1.0' || size === null)
    throw refused('image-unsupported', `the sparse format ${version} is not known`);
  let text = '';
  let wanted: number | null = null;
  let lines = 0;
  while (wanted === null || lines < wanted) {
    const block = await nextBlock();
    text += block;
    if (text.length > longestMap) throw refused('image-too-large', 'a sparse file has too many holes');
    for (const character of block) if (character === '\n') lines += 1;
    if (wanted === null && lines > 0) wanted = 1 + 2 * decimal(text.slice(0, text.indexOf('\n')));
  }
  return { extents: pairs(text.split('\n').slice(1, wanted)), size, mapSize: text.length };
}

function pairs(numbers: readonly ByteString[]): Extent[] {
  const extents: Extent[] = [];
  if (numbers.length % 2 !== 0) throw refused('image-damaged', 'the map of a sparse file is malformed');
  for (let index = 0; index < numbers.length; index += 2) {
    extents.push({ offset: decimal(numbers[index] ?? ''), length: decimal(numbers[index + 1] ?? '') });
  }
  return extents;
}

function decimal(digits: ByteString): number {
  const number = /^[0-9]{1,16}$/.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw refused('image-damaged', 'the map of a sparse file is malformed');
  return number;
}

/** Refuses a map that runs backwards, beyond the file, or does not tell where all of its data goes. */
export function checkMap({ extents, size }: SparseMap, dataSize: number): void {
  let end = 0;
  let data = 0;
  for (const { offset, length } of extents) {
    if (offset < end || offset + length > size) throw refused('image-damaged', 'the map of a sparse file is malformed');
    end = offset + length;
    data += length;
  }
  if (data !== dataSize) throw refused('image-damaged', 'the map of a sparse file does not fit its data');
}
