import type { Decision, DecisionKind, Plan } from '../domain/plan.ts';
import { type Console, paint } from './console.ts';
import { countOf, grouped, inBytes } from './quantities.ts';
import { renderDecisions } from './render-decisions.ts';
import { renderItems } from './render-items.ts';

type Group = { readonly kind: DecisionKind; readonly title: string; readonly style: Parameters<typeof paint>[1] };

/** The groups of decisions, in the order in which they are shown. */
const groups: readonly Group[] = [
  { kind: 'merged', title: 'Merged from both sides', style: 'cyan' },
  { kind: 'ours', title: 'Carried over from this machine', style: 'green' },
  { kind: 'deleted', title: 'Deleted here, stay deleted', style: 'red' },
  { kind: 'reowned', title: "The image's, owned by the number that its owner has here", style: 'dim' },
  { kind: 'hidden', title: "The image's, hidden by what this machine has", style: 'red' },
  { kind: 'theirs', title: "The image's, by choice", style: 'yellow' },
  { kind: 'parent', title: 'Directories kept for what is in them', style: 'dim' },
  { kind: 'equal', title: 'The same on both sides already', style: 'dim' },
  { kind: 'not-carried', title: 'Never carried', style: 'dim' },
  { kind: 'ignored', title: 'Left to the image by the policy', style: 'dim' },
];

/** How many lines of a group that changes nothing are shown without `verbose`. */
const shownOfQuietGroups = 5;

type Options = {
  readonly verbose: boolean;
  /** The plan has been applied: nothing waits any more. */
  readonly applied?: boolean;
};

/**
 * The plan for a person: decisions in groups, with a reason for each, then what one should know, then what waits for a
 * choice. What matters most stands last, where a terminal has it on its screen.
 */
export function renderPlan(plan: Plan, console: Console, options: Options): string {
  const sections = [
    ...renderGroups(plan.decisions, console, options),
    ...renderItems(plan.items, console, options),
    renderSummary(plan),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** Decisions by what was decided, a section for each kind. */
export function renderGroups(decisions: readonly Decision[], console: Console, options: Options): string[] {
  return groups.flatMap((group) => renderGroup(group, decisions, console, options));
}

function renderGroup(
  { kind, title, style }: Group,
  decisions: readonly Decision[],
  console: Console,
  { verbose }: Options,
): string[] {
  const members = decisions.filter(({ decision }) => decision === kind);
  if (members.length === 0) return [];
  const lines = renderDecisions(members, console, { style, verbose });
  const shown = style === 'dim' && !verbose ? lines.slice(0, shownOfQuietGroups) : lines;
  const rest = lines.length - shown.length;
  const more = rest === 0 ? [] : [paint(console, 'dim', `  and ${grouped(rest)} more, which --verbose shows`)];
  return [[paint(console, 'bold', `${title} (${grouped(members.length)})`), ...shown, ...more].join('\n')];
}

function renderSummary({ summary, digest, roots }: Plan): string {
  const decided = Object.values(summary.decisions).reduce((sum, count) => sum + count, 0);
  if (decided === 0 && summary.actions === 0) return 'Nothing to carry over: this machine has no changes of its own';
  const effort = `${countOf(summary.actions, 'action')}, ${inBytes(summary.bytes)} to write`;
  const degraded = roots.some(({ base }) => base.startsWith('none (')) ? ', made without the old image' : '';
  return `${countOf(decided, 'decision')}, ${effort}. Plan ${digest.slice(0, 16)}${degraded}`;
}
