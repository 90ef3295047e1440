import type { Verdict } from '../../domain/policy.ts';
import { storeMount } from '../../domain/reset.ts';
import { storeInRoot } from '../../domain/store-of-root.ts';
import { insertEntries } from './insert-entries.ts';
import type { FstabSides } from './merge-fstab.ts';
import type { Block, Fstab } from './parse-fstab.ts';

/** Whether only the entry by which this machine finds its store is kept, and nothing else of its fstab. */
export function keepsStoreMountOnly({ strategy }: Verdict): boolean {
  return strategy?.name === storeMount;
}

/** The image's fstab with that entry; null where this machine has none, or the image has one. */
export function withStoreMount({ ours, theirs }: FstabSides): Fstab | null {
  const entry = ours.blocks.find(isOfStore);
  if (entry === undefined || theirs.blocks.some(isOfStore)) return null;
  return { ...theirs, blocks: insertEntries(theirs.blocks, [{ ...entry, leading: '' }], ours.blocks) };
}

function isOfStore({ mountPoint }: Block): boolean {
  return mountPoint === storeInRoot;
}
