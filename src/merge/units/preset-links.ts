import type { ByteString } from '../../domain/bytes.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Context } from './context.ts';
import { findUnit } from './find-unit.ts';
import { missesFirstBoot, reliesOnFirstBoot } from './first-boot.ts';
import { linkAt } from './links.ts';
import { enablingOf } from './links-of-enabling.ts';
import { presetOf, presetRulesOf } from './presets.ts';
import type { Links } from './state-of-unit.ts';
import type { Tree } from './tree.ts';

type Names = ReadonlySet<ByteString>;

/** The links that the first boot of this machine made of base; none where base left nothing to it, or it has not been. */
export function presetLinksOfBase(context: Context, units: Names): Links {
  const { base, ours } = context;
  if (!reliesOnFirstBoot(base) || reliesOnFirstBoot(ours)) return new Map();
  return presetLinks(context, { image: base, machine: ours }, units);
}

/** The links that the first boot of the image would make, where it is to have none. */
export function presetLinksOfTheirs(context: Context, units: Names): Links {
  if (!missesFirstBoot(context)) return new Map();
  return presetLinks(context, { image: context.theirs, machine: context.result }, units);
}

/** The links by which presets enable these units of the image, where nothing else stands in it or on the machine. */
function presetLinks(
  { scope }: Context,
  { image, machine }: { readonly image: Tree; readonly machine: Tree },
  units: Names,
): Links {
  if (scope.presets.length === 0) return new Map();
  const rules = presetRulesOf(image, scope);
  const links = [...units].flatMap((name) => {
    const unit = findUnit(image, scope, name);
    if (unit === null || presetOf(rules, unit.name).action !== 'enable') return [];
    const isFree = (path: RootPath) => (tree: Tree) => {
      const there = tree.entry(path);
      return there === null || linkAt(scope, path, there)?.unit === unit.name;
    };
    return [...enablingOf(image, scope, unit).links].filter(([path]) => [image, machine].every(isFree(path)));
  });
  return new Map(links);
}
