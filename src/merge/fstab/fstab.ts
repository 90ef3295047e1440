import type { ByteString } from '../../domain/bytes.ts';
import type { Item, ItemDraft } from '../../domain/item.ts';
import type { RootPath } from '../../domain/path.ts';
import { storeMount } from '../../domain/reset.ts';
import type { JointInput, JointOutcome, JointStrategy } from '../joint-strategy.ts';
import { isLeftTo } from '../joint-strategy.ts';
import { lacksDevice, missingDeviceItem } from './devices.ts';
import { itemOn } from './items.ts';
import { keepsStoreMountOnly, withStoreMount } from './keep-store-mount.ts';
import { type FstabSides, type MergedFstab, mergeFstab, textOfFstab } from './merge-fstab.ts';
import { withOption } from './options.ts';
import { type Block, type Fstab, fieldOf, optionsField, parseFstab, withField } from './parse-fstab.ts';

const path: RootPath = '/etc/fstab';

/**
 * Merges `/etc/fstab` by its entries (case 52). The entry of the root, and that of `/usr`, is the new version's; options
 * that were set here are kept on it. Entries whose device is not there become items.
 */
export const fstab: JointStrategy = { name: 'fstab', decide };

/** A file with more entries is merged by lines: the time that entries take grows with the square of their number. */
const mostEntries = 1000;

const nothing: JointOutcome = { decided: new Map(), items: [], owners: null };

function decide(input: JointInput): JointOutcome {
  const sides = sidesOf(input);
  if (sides === null) return nothing;
  if (keepsStoreMountOnly(input.verdictOf(path))) return ofImageWithStore(sides);
  const items: Item[] = [];
  const settle = (draft: ItemDraft): string | null => {
    const item = input.settle(draft);
    items.push(item);
    return item.settled?.resolution ?? null;
  };
  const merged = withAnswers(sides, settle);
  const content = textOfFstab({ ...merged, ...settleDevices(merged, input, settle) });
  const decision = {
    node: 'content',
    content,
    reason: "merged by entries; the root's is the new version's",
  } as const;
  return { decided: new Map([[path, decision]]), items, owners: null };
}

function ofImageWithStore(sides: FstabSides): JointOutcome {
  const merged = withStoreMount(sides);
  if (merged === null) return nothing;
  const reason = 'the fstab of the image, with the entry by which this machine finds its store';
  const decision = { node: 'content', content: textOfFstab(merged), reason, strategy: storeMount } as const;
  return { decided: new Map([[path, decision]]), items: [], owners: null };
}

/** The three files, where ours was changed and the path is left to this strategy; else null. */
function sidesOf({ facts, view, verdictOf }: JointInput): FstabSides | null {
  const change = facts.find((one) => one.path === path);
  const verdict = verdictOf(path);
  if (change?.ours?.type !== 'file' || !(isLeftTo(verdict, fstab.name) || keepsStoreMountOnly(verdict))) return null;
  if (change.theirs !== null && change.theirs.type !== 'file') return null;
  const contents = [view.content('base', path) ?? '', view.content('ours', path), view.content('theirs', path) ?? ''];
  const [base, ours, theirs] = contents;
  if (ours === null || ours === base) return null;
  const sides = {
    base: parseFstab(base as ByteString),
    ours: parseFstab(ours as ByteString),
    theirs: parseFstab(theirs as ByteString),
  };
  return Object.values(sides).some(({ blocks }) => blocks.length > mostEntries) ? null : sides;
}

/** Merges, asks about what was found, and merges again by the answers. */
function withAnswers(sides: FstabSides, settle: (draft: ItemDraft) => string | null): Fstab {
  const first: MergedFstab = mergeFstab(sides, { theirs: new Set(), keep: new Set() });
  const answers = first.findings.map((finding) => ({ key: finding.key, answer: settle(itemOn(finding)) }));
  const keysOf = (wanted: string): Set<string> =>
    new Set(answers.filter(({ answer }) => answer === wanted).map(({ key }) => key));
  return mergeFstab(sides, { theirs: keysOf('theirs'), keep: keysOf('keep') }).fstab;
}

/** What the answers on missing devices make of the entries. */
function settleDevices(
  { blocks, trailing }: Fstab,
  { view }: JointInput,
  settle: (draft: ItemDraft) => string | null,
): Fstab {
  const kept: Block[] = [];
  let left = '';
  for (const block of blocks) {
    const answer = lacksDevice(block, view) ? settle(missingDeviceItem(block)) : null;
    if (answer === 'drop') left += block.leading;
    else {
      kept.push({ ...(answer === 'nofail' ? withNofail(block) : block), leading: left + block.leading });
      left = '';
    }
  }
  return { blocks: kept, trailing: left + trailing };
}

function withNofail(block: Block): Block {
  const options = withOption(fieldOf(block.line, optionsField), 'nofail');
  return { ...block, line: withField(block.line, optionsField, options) };
}
