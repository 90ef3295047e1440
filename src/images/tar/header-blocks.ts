import type { ByteString } from '../../domain/bytes.ts';
import { refused } from '../image-failure.ts';
import { countField, textField } from './fields.ts';
import { PaxKeywords, type PaxRecord, parsePaxRecords } from './pax-records.ts';

/** All that stands before an entry's content. */
export type HeaderBlocks = {
  /** The entry's own header, 512 bytes. */
  readonly header: ByteString;
  /** GNU tar's extra entries with what does not fit into the header. */
  readonly longName: ByteString | null;
  readonly longLink: ByteString | null;
  readonly pax: PaxKeywords;
};

export const blockSize = 512;

/**
 * Takes apart the blocks between the content of one entry and that of the next: headers of types `x`, `g`, `L` and `K`,
 * each with its data, and the entry's own header last. `global` are the records that hold from now on; it is added to.
 */
export function takeApart(blocks: ByteString, global: PaxRecord[]): HeaderBlocks {
  const headerAt = blocks.length - blockSize;
  let own: PaxRecord[] = [];
  let longName: ByteString | null = null;
  let longLink: ByteString | null = null;
  for (let at = 0; at < headerAt; ) {
    const size = countField(blocks, at + 124, 12);
    const start = at + blockSize;
    const data = blocks.slice(start, start + size);
    const type = blocks[at + 156];
    if (start + size > headerAt) throw refused('image-damaged', 'an extended header is cut off');
    if (type === 'x') own = parsePaxRecords(data);
    else if (type === 'g') global.push(...parsePaxRecords(data));
    else if (type === 'L') longName = textField(data, 0, data.length);
    else if (type === 'K') longLink = textField(data, 0, data.length);
    // `N`, a form of GNU tar's of before 1990, says other things than its name.
    else throw refused('image-unsupported', 'the archive holds a header of a kind that is not known');
    at = start + Math.ceil(size / blockSize) * blockSize;
  }
  return { header: blocks.slice(headerAt), longName, longLink, pax: new PaxKeywords(global, own) };
}
