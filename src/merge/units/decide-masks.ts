import { displayBytes } from '../../domain/bytes.ts';
import { childOf, nameOf, parentOf } from '../../domain/path.ts';
import { type Context, unitNow } from './context.ts';
import { isMask } from './links.ts';
import { isUnitName } from './unit-name.ts';
import type { Wanted } from './wanted.ts';

/** Keeps what was masked and unmasked here, under the name that the unit has in the result too. */
export function decideMasks(context: Context, wanted: Wanted): void {
  const { scope, carried, isLeft, theirs } = context;
  for (const { path, base, ours } of carried.values()) {
    if (parentOf(path) !== scope.config || !isUnitName(nameOf(path)) || !isLeft(path)) continue;
    if (isMask(ours) && !isMask(base)) {
      wanted.present.set(path, { node: 'ours', reason: 'masked here' });
      maskNow(context, wanted, nameOf(path));
    } else if (ours === null && isMask(base) && isMask(theirs.entry(path))) {
      wanted.absent.set(path, { node: 'absent', reason: 'unmasked here' });
    }
  }
}

/** The mask of a name hides that name alone: a unit that has another name now would run under that. */
function maskNow(context: Context, wanted: Wanted, name: string): void {
  const unit = unitNow(context, name);
  if (unit === null || unit.name === name) return;
  const path = childOf(context.scope.config, unit.name);
  if (context.result.entry(path) !== null) return;
  wanted.present.set(path, { node: 'symlink', target: '/dev/null', reason: `masked here as ${displayBytes(name)}` });
}
