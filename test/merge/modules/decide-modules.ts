import assert from 'node:assert/strict';
import type { Item } from '../../../src/domain/item.ts';
import type { JointDecision } from '../../../src/merge/joint-strategy.ts';
import { modules } from '../../../src/merge/modules/modules.ts';
import { inputOf, type MemoryTree } from './memory-trees.ts';
import { realKernel } from './real-kernels.ts';

export const bookworm = await realKernel('bookworm');
export const trixie = await realKernel('trixie');

/** A module of Debian's kernel stands for one from elsewhere, which the kernel of the name `release` has not. */
export function built(name: string, kernel = bookworm): string {
  const place = kernel.modules.find((candidate) => candidate.includes(`/${name}.ko`));
  assert.ok(place !== undefined, name);
  return kernel.unpacked(place);
}

/** An image with a Debian kernel under that release, and the versions of its symbols where `symvers` says. */
export function image(
  release: string,
  kernel = bookworm,
  symvers = `/usr/src/linux-headers-${release}/Module.symvers`,
): MemoryTree {
  const directory = `/usr/lib/modules/${release}`;
  const first = kernel.modules[0] ?? '';
  return {
    [`${directory}/modules.builtin`]: 'kernel/fs/ext4/ext4.ko\n',
    [`${directory}/modules.order`]: `${first.replace(/\.xz$/, '')}\n`,
    [`${directory}/${first}`]: kernel.packed(first),
    ...(symvers === '' ? {} : { [symvers]: kernel.symvers }),
  };
}

/** Two images whose kernels differ in their name; a module is in updates of the old one. */
export const old = image('6.1.0-1');
export const withModule = { ...old, '/usr/lib/modules/6.1.0-1/updates/vendor.ko': built('vfat') };

export type Decided = {
  readonly decided: ReadonlyMap<string, JointDecision>;
  readonly nodes: Record<string, string>;
  readonly items: readonly Item[];
};

export function decide(ours: MemoryTree, theirs: MemoryTree, base: MemoryTree = old, ignored: string[] = []): Decided {
  const { decided, items } = modules.decide(inputOf({ base, ours, theirs }, ignored));
  const nodes = [...decided].map(([path, decision]) => [
    path.replace('/usr/lib/modules/', ''),
    decision.node === 'ours-from' ? `from ${decision.from.replace('/usr/lib/modules/', '')}` : decision.node,
  ]);
  return { decided, nodes: Object.fromEntries(nodes), items };
}

export function onlyItem(items: readonly Item[]): Item {
  const [item] = items;
  assert.ok(item !== undefined && items.length === 1, `${items.length} items`);
  return item;
}
