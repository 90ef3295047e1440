import { displayBytes } from '../domain/bytes.ts';
import type { Item } from '../domain/item.ts';
import type { Decision, DecisionKind, Plan } from '../domain/plan.ts';
import { type Console, paint } from './console.ts';
import { countOf, inBytes } from './quantities.ts';

type Group = { readonly kind: DecisionKind; readonly title: string; readonly style: Parameters<typeof paint>[1] };

/** The groups of decisions, in the order in which they are shown. */
const groups: readonly Group[] = [
  { kind: 'merged', title: 'Merged from both sides', style: 'cyan' },
  { kind: 'ours', title: 'Carried over from this machine', style: 'green' },
  { kind: 'deleted', title: 'Deleted here, stay deleted', style: 'red' },
  { kind: 'hidden', title: "The image's, hidden by what this machine has", style: 'red' },
  { kind: 'theirs', title: "The image's, by choice", style: 'yellow' },
  { kind: 'parent', title: 'Directories kept for what is in them', style: 'dim' },
  { kind: 'equal', title: 'The same on both sides already', style: 'dim' },
  { kind: 'not-carried', title: 'Never carried', style: 'dim' },
  { kind: 'ignored', title: 'Left to the image by the policy', style: 'dim' },
];

/** How many paths of a group that changes nothing are listed without `verbose`. */
const shownOfQuietGroups = 5;

/** The plan for a person: grouped, with a reason for each path, items last, then one line of sums. */
export function renderPlan(plan: Plan, console: Console, { verbose }: { readonly verbose: boolean }): string {
  const sections = groups.flatMap((group) => renderGroup(group, plan, console, verbose));
  const items = plan.items.map((item) => renderItem(item, console));
  if (items.length > 0) sections.push([paint(console, 'bold', 'Items'), ...items].join('\n'));
  return `${[...sections, renderSummary(plan)].join('\n\n')}\n`;
}

function renderGroup({ kind, title, style }: Group, plan: Plan, console: Console, verbose: boolean): string[] {
  const decisions = plan.decisions.filter(({ decision }) => decision === kind);
  if (decisions.length === 0) return [];
  const quiet = style === 'dim' && !verbose;
  const shown = quiet ? decisions.slice(0, shownOfQuietGroups) : decisions;
  const lines = shown.map(
    (decision) =>
      `  ${paint(console, style, displayBytes(decision.path))}  ${paint(console, 'dim', explain(decision))}`,
  );
  const rest = decisions.length - shown.length;
  if (rest > 0) lines.push(paint(console, 'dim', `  and ${rest} more (--verbose shows them)`));
  return [[paint(console, 'bold', `${title} (${decisions.length})`), ...lines].join('\n')];
}

function explain({ change, differs, reason, strategy, rule }: Decision): string {
  const what = change === 'modified' ? differs.map(displayBytes).join(', ') : change.replace('none', '');
  const by = strategy === null ? '' : ` [${strategy}]`;
  const source = rule === null ? '' : ` (${rule.text}, ${rule.source.file}:${rule.source.line})`;
  return `${what === '' ? '' : `${what}: `}${reason}${by}${source}`;
}

/** One item with its resolutions; the one in force is marked. */
export function renderItem(item: Item, console: Console): string {
  const style = { error: 'red', warning: 'yellow', recommendation: 'cyan', info: 'dim' } as const;
  const lines = [`  ${paint(console, style[item.severity], item.severity)}  ${item.title}`, `      ${item.detail}`];
  for (const { id, title, dataLoss } of item.resolutions) {
    const mark = item.settled?.resolution === id ? '*' : ' ';
    const loss = dataLoss === 'none' ? '' : ` (data loss ${dataLoss})`;
    lines.push(`    ${mark} ${id}: ${title}${loss}`);
  }
  if (item.resolutions.length > 0) lines.push(paint(console, 'dim', `      ${item.key}  ${item.fingerprint}`));
  return lines.join('\n');
}

function renderSummary({ summary, digest }: Plan): string {
  const decided = Object.values(summary.decisions).reduce((sum, count) => sum + count, 0);
  const errors = summary.items.error ?? 0;
  const waiting = errors === 0 ? '' : `, ${countOf(errors, 'error')}`;
  return `${countOf(decided, 'decision')}, ${countOf(summary.actions, 'action')}, ${inBytes(summary.bytes)} to write${waiting}. Plan ${digest.slice(0, 16)}`;
}
