import { displayBytes } from '../domain/bytes.ts';
import { type ItemDraft, keepOurs, type Resolution, takeTheirs } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import type { MergeOutcome } from './strategy.ts';

type Undecided = Pick<Extract<MergeOutcome, { readonly kind: 'undecided' }>, 'reason' | 'merged'>;

const takeMerged: Resolution = { id: 'merged', title: "Take both sides' changes, merged by lines", dataLoss: 'none' };

/** The question about a file that both sides changed and its strategy does not decide. */
export function contentDraft(path: RootPath, { reason, merged }: Undecided, facts: unknown): ItemDraft {
  return {
    kind: 'content',
    subject: path,
    severity: 'error',
    blocks: 'service',
    title: `${displayBytes(path)} was changed here and in the image`,
    detail: `Ours stays in force: ${reason}`,
    resolutions: [keepOurs, takeTheirs, ...(merged === null ? [] : [takeMerged])],
    facts,
  };
}
