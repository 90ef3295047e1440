import type { ByteString } from '../../domain/bytes.ts';
import type { CarriedModule } from './carried-modules.ts';
import { misfitOf } from './fits.ts';
import type { NewKernel } from './new-kernel.ts';

/** What becomes of one module for one kernel of the new image. */
export type Choice =
  | { readonly outcome: 'fits'; readonly chosen: CarriedModule }
  /** Why the newest of the machine's builds does not load there. */
  | { readonly outcome: 'misfit'; readonly chosen: CarriedModule; readonly why: string };

/**
 * Chooses for each name the newest build that fits the kernel, given what the others that fit export: each round takes
 * away what does not fit, and with it what it exports, until nothing changes.
 */
export function chooseModules(
  builds: ReadonlyMap<ByteString, readonly CarriedModule[]>,
  kernel: NewKernel,
): Map<ByteString, Choice> {
  const left = new Map([...builds].map(([name, all]) => [name, [...all]]));
  const reasons = new Map<ByteString, string>();
  for (let changed = true; changed; ) {
    changed = false;
    const exported = exportsOf([...left.values()].flatMap(([first]) => first ?? []));
    for (const [name, candidates] of left) {
      const [first] = candidates;
      const why = first === undefined ? null : whyNot(first, kernel, exported);
      if (why === null) continue;
      if (!reasons.has(name)) reasons.set(name, why);
      candidates.shift();
      changed = true;
    }
  }
  return new Map([...builds].flatMap(([name, [newest]]) => choiceOf(name, newest, left.get(name)?.[0], reasons)));
}

function choiceOf(
  name: ByteString,
  newest: CarriedModule | undefined,
  chosen: CarriedModule | undefined,
  reasons: ReadonlyMap<ByteString, string>,
): [ByteString, Choice][] {
  if (chosen !== undefined) return [[name, { outcome: 'fits', chosen }]];
  const why = reasons.get(name);
  return newest === undefined || why === undefined ? [] : [[name, { outcome: 'misfit', chosen: newest, why }]];
}

function exportsOf(modules: readonly CarriedModule[]): Map<ByteString, number | null> {
  return new Map(modules.flatMap(({ module }) => [...(module?.exports ?? [])]));
}

function whyNot(
  { path, module }: CarriedModule,
  { loads }: NewKernel,
  exported: ReadonlyMap<ByteString, number | null>,
): string | null {
  if (module === null) {
    const hint = path.endsWith('.xz') ? '; the program xz may be missing here' : '';
    return `it cannot be read as a kernel module${hint}`;
  }
  return typeof loads === 'string' ? `${loads}, so that it cannot be shown to fit` : misfitOf(module, loads, exported);
}
