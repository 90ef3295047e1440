import { displayBytes } from '../domain/bytes.ts';
import { isBelow } from '../domain/path.ts';
import type { Decision } from '../domain/plan.ts';
import { placeOf, shortPlaceOf } from '../domain/rule-place.ts';
import { columnOf } from './columns.ts';
import { type Console, paint } from './console.ts';
import { grouped } from './quantities.ts';

type Style = Parameters<typeof paint>[1];

/** A decision, and how many below its path were decided alike. */
type Shown = { readonly decision: Decision; readonly below: number };

/**
 * A line for each path with what was decided and why. Without `verbose`, a directory that was added or deleted here, or is pinned,
 * stands for all in it that was decided alike, and the rule is named by its place only.
 */
export function renderDecisions(
  decisions: readonly Decision[],
  console: Console,
  { style, verbose }: { readonly style: Style; readonly verbose: boolean },
): string[] {
  const shown = verbose ? decisions.map((decision) => ({ decision, below: 0 })) : gather(decisions);
  const rows = shown.map(({ decision, below }) => ({ decision, path: pathOf(decision, below) }));
  const width = columnOf(rows.map(({ path }) => path));
  return rows.map(({ decision, path }) => {
    const rule = paint(console, 'dim', ruleOf(decision, verbose));
    return `  ${paint(console, style, path.padEnd(width))}  ${reasonOf(decision)}  ${rule}`.trimEnd();
  });
}

// Decisions come in the order of a walk: what is in a directory follows it.
function gather(decisions: readonly Decision[]): Shown[] {
  const shown: Shown[] = [];
  for (const decision of decisions) {
    const last = shown.at(-1);
    if (last !== undefined && standsFor(last.decision, decision)) {
      shown[shown.length - 1] = { decision: last.decision, below: last.below + 1 };
    } else shown.push({ decision, below: 0 });
  }
  return shown;
}

function standsFor(directory: Decision, { path, change, reason, strategy, rule }: Decision): boolean {
  if (!isBelow(path, directory.path) || directory.rule?.text !== rule?.text) return false;
  // A directory that is pinned with all in it is kept as it is, whatever was changed there.
  if (rule?.text.startsWith('pin ')) return true;
  return (
    ['added', 'deleted'].includes(change) &&
    directory.change === change &&
    directory.reason === reason &&
    directory.strategy === strategy
  );
}

function pathOf({ path }: Decision, below: number): string {
  return below === 0 ? displayBytes(path) : `${displayBytes(path)} and ${grouped(below)} below`;
}

function reasonOf({ change, differs, reason, strategy }: Decision): string {
  const what = change === 'modified' ? ` (${differs.map(displayBytes).join(', ')})` : '';
  return `${reason}${what}${strategy === null ? '' : ` [${strategy}]`}`;
}

function ruleOf({ rule }: Decision, verbose: boolean): string {
  if (rule === null) return '';
  return verbose ? `${rule.text}, ${placeOf(rule.source)}` : shortPlaceOf(rule.source);
}
