import { displayBytes } from '../../domain/bytes.ts';
import { unitGoneItem } from '../../domain/local-package.ts';
import { childOf, nameOf } from '../../domain/path.ts';
import { type Context, unitNow } from './context.ts';
import { findUnit } from './find-unit.ts';
import { defaultTarget, linkAt } from './links.ts';
import { placedLink, unwant, type Wanted, wantLink } from './wanted.ts';

/** Keeps what `systemctl set-default` chose here, if the result has that target. */
export function decideDefaultTarget(context: Context, wanted: Wanted): void {
  const { scope, carried, isLeft, ours, theirs } = context;
  const path = childOf(scope.config, defaultTarget);
  const link = linkAt(scope, path, carried.get(path)?.ours ?? null);
  if (link === null || !isLeft(path)) return;
  const target = nameOf(link.target);
  const unit = unitNow(context, target);
  if (unit !== null) {
    wantLink(context, wanted, placedLink(context, link, unit), 'chosen here as the default target');
  } else if (findUnit(ours, scope, target) !== null) {
    unwant(context, wanted, { path, isOwn: theirs.entry(path) === null }, 'its unit is no longer there');
    wanted.items.push({
      kind: unitGoneItem,
      subject: path,
      severity: 'warning',
      blocks: 'nothing',
      title: `${displayBytes(target)} was the default target here and is not in the new image`,
      detail: 'The default target of the image holds',
      resolutions: [],
      facts: link.target,
    });
  }
}
