import { pendingUnitsNote } from '../../domain/local-package.ts';
import { nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Context } from './context.ts';
import { findUnit } from './find-unit.ts';
import { goneDraft } from './gone-unit.ts';
import { enablingOf } from './links-of-enabling.ts';
import type { ChangedUnit } from './state-of-unit.ts';
import { type Wanted, wantLink } from './wanted.ts';

/**
 * Units that an earlier migration let go because their packages were to be installed again, and that have not come back:
 * they have no links any more, and are enabled all the same. The image may have them by now.
 */
export function decidePending(context: Context, changed: readonly ChangedUnit[], wanted: Wanted): void {
  const { result, scope } = context;
  const spoken = new Set(changed.flatMap(({ names }) => [...names]));
  for (const path of pendingIn(context)) {
    if (spoken.has(nameOf(path))) continue;
    const unit = findUnit(result, scope, nameOf(path));
    if (unit === null) wanted.items.push(goneDraft(path, []));
    else
      for (const link of enablingOf(result, scope, unit).links.values())
        wantLink(context, wanted, link, 'enabled in an earlier version, before its package was gone');
  }
}

function pendingIn({ ours, scope, isLeft }: Context): RootPath[] {
  const lines = ours.content(pendingUnitsNote)?.split('\n') ?? [];
  return lines.filter((path) => path.startsWith('/') && parentOf(path) === scope.config && isLeft(path));
}
