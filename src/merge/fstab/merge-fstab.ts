import type { ByteString } from '../../domain/bytes.ts';
import { mergeText } from '../text/merge-text.ts';
import { insertEntries } from './insert-entries.ts';
import { type FieldConflict, mergeEntry } from './merge-entry.ts';
import { type Block, type Fstab, sameLine, textOfLine } from './parse-fstab.ts';

export type FstabSides = { readonly base: Fstab; readonly ours: Fstab; readonly theirs: Fstab };

/** Something about the entry of that key that a person should know or choose. */
export type Finding = {
  readonly key: string;
  readonly block: Block;
} & (
  | { readonly kind: 'conflict'; readonly conflicts: readonly FieldConflict[] }
  /** Changed here and no longer in the image, or the other way round: ours has its way. */
  | { readonly kind: 'kept' | 'deleted' }
  /** It mounts what belongs to an image, and the new one has no such entry. */
  | { readonly kind: 'of-old-image' }
);

/** Entries, by their keys, for which a person chose what does not happen without a word. */
export type Chosen = { readonly theirs: ReadonlySet<string>; readonly keep: ReadonlySet<string> };

export type MergedFstab = { readonly fstab: Fstab; readonly findings: readonly Finding[] };

/** Where a filesystem stands that belongs to the image: its entry is the new version's. */
const placesOfImage = ['/', '/usr'];

/** Whether what the entry mounts belongs to the image. */
export function isOfImage({ mountPoint }: Block): boolean {
  return mountPoint !== null && placesOfImage.includes(mountPoint);
}

/**
 * Merges by entries. Ours' text is what is worked on: its order, its comments and blanks stay; entries that theirs adds
 * stand after the entry that they follow there. Comments go with the entry below them.
 */
export function mergeFstab({ base, ours, theirs }: FstabSides, chosen: Chosen): MergedFstab {
  const findings: Finding[] = [];
  const inBase = byKey(base);
  const inOurs = byKey(ours);
  const inTheirs = byKey(theirs);
  const blocks: Block[] = [];
  let left = '';
  for (const block of ours.blocks) {
    const sides = { base: inBase.get(block.key) ?? null, ours: block, theirs: inTheirs.get(block.key) ?? null };
    const merged = mergeBlock(sides, chosen, findings);
    if (merged !== null) blocks.push({ ...merged, leading: left + merged.leading });
    left = merged === null ? left + leadingLeft(sides) : '';
  }
  const added = theirs.blocks.filter(({ key }) => !inOurs.has(key)).flatMap((block) => arrivalOf(block, inBase));
  findings.push(...theirs.blocks.flatMap((block) => deletedHere(block, inBase, inOurs)));
  const trailing = left + mergeComments(base.trailing, ours.trailing, theirs.trailing);
  return { fstab: { blocks: insertEntries(blocks, added, theirs.blocks), trailing }, findings };
}

/** An entry of theirs that ours has not, if it is new; one of a place of the image even if it was deleted here. */
function arrivalOf(block: Block, inBase: ReadonlyMap<string, Block>): Block[] {
  if (!inBase.has(block.key)) return [block];
  // Its comments may have stayed when it was deleted.
  return isOfImage(block) ? [{ ...block, leading: '' }] : [];
}

function deletedHere(block: Block, inBase: ReadonlyMap<string, Block>, inOurs: ReadonlyMap<string, Block>): Finding[] {
  const known = inBase.get(block.key);
  if (known === undefined || inOurs.has(block.key) || isOfImage(block) || sameLine(known.line, block.line)) return [];
  return [{ kind: 'deleted', key: block.key, block }];
}

type BlockSides = { readonly base: Block | null; readonly ours: Block; readonly theirs: Block | null };

/** What becomes of an entry of ours; null where it goes. */
function mergeBlock({ base, ours, theirs }: BlockSides, chosen: Chosen, findings: Finding[]): Block | null {
  const { key } = ours;
  const ofImage = isOfImage(ours);
  if (theirs !== null) {
    const sides = { base: base?.line ?? null, ours: ours.line, theirs: theirs.line };
    const prefer = chosen.theirs.has(key) ? 'theirs' : 'ours';
    const { line, conflicts } = mergeEntry(sides, { ofImage, prefer });
    if (conflicts.length > 0) findings.push({ kind: 'conflict', key, block: ours, conflicts });
    return { ...ours, line, leading: mergeComments(base?.leading ?? null, ours.leading, theirs.leading) };
  }
  const isUnchanged = base !== null && sameLine(base.line, ours.line);
  if (ofImage) {
    if (!isUnchanged) findings.push({ kind: 'of-old-image', key, block: ours });
    return chosen.keep.has(key) ? ours : null;
  }
  if (base === null) return ours;
  if (isUnchanged) return null;
  findings.push({ kind: 'kept', key, block: ours });
  return ours;
}

/** The comments of an entry that goes: the image's own go with it, others stay. */
function leadingLeft({ base, ours }: BlockSides): ByteString {
  return base?.leading === ours.leading ? '' : ours.leading;
}

function mergeComments(base: ByteString | null, ours: ByteString, theirs: ByteString): ByteString {
  if (base === null) return ours;
  const merged = mergeText(base, ours, theirs);
  return merged.kind === 'merged' ? merged.content : ours;
}

function byKey({ blocks }: Fstab): Map<string, Block> {
  return new Map(blocks.map((block) => [block.key, block]));
}

/** The bytes of an fstab; between what came from different files a line may have to be ended. */
export function textOfFstab({ blocks, trailing }: Fstab): ByteString {
  let text = '';
  for (const part of [...blocks.flatMap(({ leading, line }) => [leading, textOfLine(line)]), trailing]) {
    text += text === '' || text.endsWith('\n') || part === '' ? part : `\n${part}`;
  }
  return text;
}
