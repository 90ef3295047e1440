import { minuteOf } from '../domain/minute.ts';
import type { Plan } from '../domain/plan.ts';
import { planToValue } from '../domain/plan-json.ts';
import { versionDocument } from '../domain/version-json.ts';
import type { LoggedMigration } from '../flows/logged-migrations.ts';
import type { LoggedVersion, MigrationLog } from '../flows/migration-log.ts';
import { type Console, paint } from './console.ts';
import { printableText } from './printable.ts';
import { countOf, inBytes } from './quantities.ts';
import { renderItems } from './render-items.ts';
import { renderGroups } from './render-plan.ts';
import { startsAnewText } from './starts-anew-text.ts';

type Shown = {
  /** Whether the decisions are shown, and not only how many there are. */
  readonly decisions: boolean;
  /** The path that was asked for; then states are not shown. */
  readonly path: string | null;
};

/** The log for a person, newest first. */
export function renderLog(
  { versions }: MigrationLog,
  console: Console,
  how: Shown & { readonly verbose: boolean },
): string {
  if (versions.length > 0) return `${versions.map((logged) => renderVersion(logged, console, how)).join('\n\n')}\n`;
  return how.path === null
    ? 'The store has no versions\n'
    : `No migration decided anything about ${printableText(how.path)}\n`;
}

function renderVersion(
  { version, migrations, isPruned, startsAnew }: LoggedVersion,
  console: Console,
  how: Shown & { readonly verbose: boolean },
): string {
  const { id, state, image, parent, history } = version;
  const origin = parent === null ? '' : `, with the state of ${parent}`;
  const states = history.map(
    ({ at, to, why }) => `  ${minuteOf(printableText(at))}  ${to.padEnd('migrating'.length)}  ${printableText(why)}`,
  );
  return [
    `${paint(console, 'bold', id)}  ${state}, made from ${image}${origin}${isPruned ? '; removed by migrate prune' : ''}`,
    ...(how.path === null ? states : []),
    ...(how.path === null && startsAnew !== null ? [`  started anew, ${startsAnewText(startsAnew)}`] : []),
    ...migrations.flatMap((migration) => renderMigration(migration, console, how)),
  ].join('\n');
}

function renderMigration(
  migration: LoggedMigration,
  console: Console,
  { decisions, path, verbose }: Shown & { readonly verbose: boolean },
): string[] {
  const { plan } = migration;
  const sections =
    plan === null || !decisions
      ? []
      : [
          ...renderGroups(plan.decisions, console, { verbose }),
          ...renderItems(plan.items, console, { verbose, applied: true }),
        ].map((section) => `\n${section}`);
  return [...(path === null ? [summaryOf(migration), ...remarksOf(migration)] : []), ...sections];
}

function summaryOf(migration: LoggedMigration): string {
  const what = migration.state === 'committed' ? '  migrated' : `  failed: ${printableText(migration.reason)}`;
  return `${what}${migration.plan === null ? '' : `; ${amountsOf(migration.plan)}`}`;
}

function amountsOf({ summary, digest }: Plan): string {
  const decided = Object.entries(summary.decisions).map(([kind, count]) => `${count} ${kind}`);
  const items = Object.entries(summary.items).map(([severity, count]) => countOf(count, severity));
  const parts = [
    decided.length === 0 ? 'nothing to carry over' : decided.join(', '),
    ...(items.length === 0 ? [] : [items.join(', ')]),
    `${countOf(summary.actions, 'action')}, ${inBytes(summary.bytes)}`,
  ];
  return `${parts.join('; ')}. Plan ${digest.slice(0, 16)}`;
}

function remarksOf(migration: LoggedMigration): string[] {
  if (migration.state === 'failed') return [];
  const { defaults, notes } = migration.outcome;
  return [
    ...defaults.map(
      ({ key, resolution }) => `  took the default ${printableText(resolution)} for ${printableText(key)}`,
    ),
    ...notes.map((note) => `  note: ${printableText(note)}`),
  ];
}

/** The same for programs; decisions and items only where they are asked for. */
export function logDocument({ versions, problems }: MigrationLog, { decisions }: Shown): object {
  return {
    schema: 'migrate.log/1',
    versions: versions.map(({ version, migrations, isPruned, startsAnew }) => ({
      version: versionDocument(version),
      pruned: isPruned,
      startsAnew,
      migrations: migrations.map((migration) => migrationDocument(migration, decisions)),
    })),
    problems,
  };
}

function migrationDocument(migration: LoggedMigration, decisions: boolean): object {
  const { state, plan } = migration;
  const { outcome, reason } = { outcome: null, reason: null, ...migration };
  return {
    state,
    reason,
    defaults: outcome?.defaults ?? [],
    notes: outcome?.notes ?? [],
    plan: plan?.digest ?? null,
    summary: plan?.summary ?? null,
    ...(decisions && plan !== null ? decided(plan) : {}),
  };
}

function decided(plan: Plan): object {
  const { decisions, items } = planToValue({ ...plan, actions: [] }) as Pick<Plan, 'decisions' | 'items'>;
  return { decisions, items };
}
