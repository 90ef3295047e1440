import type { Context } from './context.ts';
import type { Tree } from './tree.ts';

const path = '/etc/machine-id';

/**
 * Whether PID 1 takes a boot of this tree for the first, and applies the presets: where /etc/machine-id is missing or says
 * "uninitialized" (machine-id(5), "First Boot Semantics"). An empty file is none of these.
 */
export function reliesOnFirstBoot(tree: Tree): boolean {
  const entry = tree.entry(path);
  if (entry === null) return true;
  return entry.type === 'file' && tree.content(path)?.trim() === 'uninitialized';
}

/** Whether the image counts on presets that nobody applies, since the identity of the machine is carried. */
export function missesFirstBoot({ theirs, result }: Context): boolean {
  return reliesOnFirstBoot(theirs) && !reliesOnFirstBoot(result);
}
