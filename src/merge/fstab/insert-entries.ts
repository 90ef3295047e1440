import { isBelow } from '../../domain/path.ts';
import type { Block } from './parse-fstab.ts';

/**
 * The entries with those that theirs adds, each after the one that it follows there, or before one that follows it; after
 * all that mount above its mount point and before all that mount below it, as mount(8) takes them in their order.
 */
export function insertEntries(blocks: readonly Block[], added: readonly Block[], order: readonly Block[]): Block[] {
  const result = [...blocks];
  const present = new Set(blocks.map(({ key }) => key));
  for (const block of added) {
    const above = result.findLastIndex((other) => mountsAbove(other, block)) + 1;
    const below = result.findIndex((other) => mountsAbove(block, other));
    const beside = placeBeside(block, result, order, present);
    result.splice(Math.max(above, below === -1 ? beside : Math.min(beside, below)), 0, block);
    present.add(block.key);
  }
  return result;
}

function placeBeside(
  { key }: Block,
  blocks: readonly Block[],
  order: readonly Block[],
  present: ReadonlySet<string>,
): number {
  const index = order.findIndex((block) => block.key === key);
  const previous = order.slice(0, index).findLast((block) => present.has(block.key));
  if (previous !== undefined) return blocks.findIndex((block) => block.key === previous.key) + 1;
  const next = order.slice(index + 1).find((block) => present.has(block.key));
  return next === undefined ? blocks.length : blocks.findIndex((block) => block.key === next.key);
}

function mountsAbove(upper: Block, lower: Block): boolean {
  return upper.mountPoint !== null && lower.mountPoint !== null && isBelow(lower.mountPoint, upper.mountPoint);
}
