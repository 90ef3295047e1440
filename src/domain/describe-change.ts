import type { Entry } from './entry.ts';
import { attributeDifferences, type Difference, sameInlineContent } from './identity.ts';
import type { ChangeKind } from './plan.ts';

/** How ours differs from base, where it does. */
export function changeKind(base: Entry | null, ours: Entry | null): Exclude<ChangeKind, 'none'> {
  if (base === null) return 'added';
  if (ours === null) return 'deleted';
  return base.type === ours.type ? 'modified' : 'type';
}

/** In what two entries of one type differ; nothing where one is missing or the types differ. `sameContent` is of regular files. */
export function differencesOf(base: Entry | null, ours: Entry | null, sameContent: boolean): Difference[] {
  if (base === null || ours === null || base.type !== ours.type) return [];
  const sameBytes = base.type === 'file' ? sameContent : sameInlineContent(base, ours);
  const attributes = attributeDifferences(base, ours);
  return sameBytes ? attributes : ['content', ...attributes];
}
