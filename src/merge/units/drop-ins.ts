import { displayBytes } from '../../domain/bytes.ts';
import type { ItemDraft } from '../../domain/item.ts';
import { childOf, isBelow, type RootPath } from '../../domain/path.ts';
import { type Context, unitNow } from './context.ts';
import { findUnit } from './find-unit.ts';
import { linkAt } from './links.ts';
import { isUnitName } from './unit-name.ts';
import type { Wanted } from './wanted.ts';

/** Names the drop-ins made here for units that the result has no more, or has under a name that does not reach them. */
export function tellOfDropIns(context: Context, wanted: Wanted): void {
  for (const [name, paths] of dropInsHere(context)) {
    const item = itemOf(context, wanted, name, paths);
    if (item !== null) wanted.items.push(item);
  }
}

/** The drop-ins that ours brings, by the name of their unit. */
function dropInsHere({ carried, scope }: Context): ReadonlyMap<string, readonly RootPath[]> {
  const found = new Map<string, RootPath[]>();
  for (const { path, ours } of carried.values()) {
    if (!isBelow(path, scope.config) || (ours?.type !== 'file' && ours?.type !== 'symlink')) continue;
    const [folder = '', file = ''] = path.slice(scope.config.length + 1).split('/');
    const name = folder.slice(0, -'.d'.length);
    if (!folder.endsWith('.d') || !file.endsWith('.conf') || !isUnitName(name)) continue;
    found.set(name, [...(found.get(name) ?? []), path]);
  }
  return found;
}

function itemOf(context: Context, wanted: Wanted, name: string, paths: readonly RootPath[]): ItemDraft | null {
  const { scope, ours } = context;
  const unit = unitNow(context, name);
  if (unit === null) {
    if (findUnit(ours, scope, name) === null) return null;
    const detail = 'They are carried, and change nothing as long as there is no such unit';
    const title = `${displayBytes(name)} is not in the new image; its settings were changed here`;
    return draft(context, { kind: 'drop-in-unit-gone', severity: 'info', title, detail, name, paths });
  }
  if (unit.name === name || isAliasInResult(context, wanted, name)) return null;
  const now = displayBytes(unit.name);
  const title = `${displayBytes(name)} is ${now} in the image; what was changed here no longer reaches it`;
  const detail = `Move the files to ${displayBytes(childOf(scope.config, `${unit.name}.d`))}, or enable ${now}`;
  return draft(context, { kind: 'drop-in-unreached', severity: 'warning', title, detail, name, paths });
}

/** systemd reads the drop-ins of every name that a link gives to a unit. */
function isAliasInResult({ scope, result }: Context, wanted: Wanted, name: string): boolean {
  const path = childOf(scope.config, name);
  const decision = wanted.present.get(path) ?? wanted.absent.get(path);
  if (decision === undefined) return findUnit(result, scope, name) !== null;
  if (decision.node === 'symlink') return decision.target !== '/dev/null';
  if (decision.node === 'absent') return scope.files.slice(1).some((folder) => result.entry(childOf(folder, name)));
  return linkAt(scope, path, result.entry(path)) !== null;
}

type Told = Pick<ItemDraft, 'kind' | 'severity' | 'title' | 'detail'> & {
  readonly name: string;
  readonly paths: readonly RootPath[];
};

function draft({ scope }: Context, { name, paths, ...told }: Told): ItemDraft {
  const subject = childOf(scope.config, `${name}.d`);
  return { ...told, subject, paths, blocks: 'nothing', resolutions: [], facts: paths };
}
