import type { ByteString } from '../../domain/bytes.ts';
import type { RootPath } from '../../domain/path.ts';
import { isLeftTo, type JointInput } from '../joint-strategy.ts';
import { findUnit, shippedNames, type UnitFile } from './find-unit.ts';
import { enablingOf } from './links-of-enabling.ts';
import type { Scope } from './scope.ts';
import { type Carried, carriedOf, resultOf, type Tree, treeOf } from './tree.ts';
import { instanceOf, isTemplate, typeOf, withInstance } from './unit-name.ts';

export const strategyName = 'units';

/** The trees of one migration and one scope, as what follows looks at them. */
export type Context = {
  readonly scope: Scope;
  readonly base: Tree;
  readonly ours: Tree;
  readonly theirs: Tree;
  readonly result: Tree;
  /** The changes of ours that are carried. */
  readonly carried: Carried;
  /** Whether the policy leaves the path to this strategy. */
  readonly isLeft: (path: RootPath) => boolean;
};

/** Puts together what deciding one scope needs. */
export function contextOf(input: JointInput, scope: Scope): Context {
  const carried = carriedOf(input);
  return {
    scope,
    base: treeOf(input.view, 'base'),
    ours: treeOf(input.view, 'ours'),
    theirs: treeOf(input.view, 'theirs'),
    result: resultOf(input.view, carried),
    carried,
    isLeft: (path) => isLeftTo(input.verdictOf(path), strategyName),
  };
}

/**
 * The unit that a name of ours means in the result: the one of that name, the one that the name is a link to, or the one
 * whose [Install] section claims the name as an alias, as a unit does that was renamed. Null where there is none.
 */
export function unitNow(context: Context, name: ByteString): UnitFile | null {
  const { result, ours, scope } = context;
  const found = findUnit(result, scope, name);
  if (found !== null || findUnit(ours, scope, name) === null) return found;
  return renamedUnit(context, name);
}

/** New units are asked before those that base has already. */
function renamedUnit({ base, theirs, result, scope }: Context, name: ByteString): UnitFile | null {
  const old = new Set(shippedNames(base, scope));
  const shipped = shippedNames(theirs, scope).filter((other) => typeOf(other) === typeOf(name));
  const instance = instanceOf(name) ?? '';
  for (const other of [...shipped.filter((each) => !old.has(each)), ...shipped.filter((each) => old.has(each))]) {
    const unit = findUnit(result, scope, isTemplate(other) && instance !== '' ? withInstance(other, instance) : other);
    if (unit === null) continue;
    const aliases = [...enablingOf(result, scope, unit).links.values()].filter(({ kind }) => kind === 'alias');
    if (aliases.some(({ path }) => path === `${scope.config}/${name}`)) return unit;
  }
  return null;
}
