import { minuteOf } from '../domain/minute.ts';
import type { VersionRecord } from '../domain/version.ts';
import type { VersionStatus } from '../flows/version-status.ts';
import { type Console, paint } from './console.ts';
import { printableText } from './printable.ts';
import { startsAnewText } from './starts-anew-text.ts';

/** The machine in a few lines: a word, then what holds of it. */
export function renderStatus(status: VersionStatus, console: Console): string {
  const { versions, next, last } = status;
  const waiting = versions.filter(({ state }) => state === 'waiting');
  const rows: readonly (readonly [string, string])[] = [
    ['Running', running(status)],
    ['Next boot', next === null ? 'no migration' : nextBoot(next)],
    ['Last outcome', last === null ? 'none yet' : outcome(last)],
    ...(status.startProblem === null ? [] : [['Loader', status.startProblem] as const]),
    ...status.startsAnew.map((anew) => ['Started anew', `${anew.version}, ${startsAnewText(anew)}`] as const),
    ...waiting.map(({ id, reason }) => ['Waiting', `${id}: ${printableText(reason ?? '')}`] as const),
    ...(status.running?.state === 'trial' ? [['To do', hint] as const] : []),
    ...versions.flatMap(({ id, deferred }) => deferred.map((step) => ['Deferred', `${step} of ${id}`] as const)),
  ];
  const width = Math.max(...rows.map(([word]) => word.length));
  return `${rows.map(([word, text]) => `${paint(console, 'bold', word.padEnd(width))}  ${text}`).join('\n')}\n`;
}

const hint = 'migrate mark-good, where this version has proven itself; migrate rollback, to leave it';

function nextBoot({ id, state, image, reset }: VersionRecord): string {
  if (state === 'trial') return `${id}, as it was left, on trial`;
  return `${id} is ${state}, ${reset === null ? 'made from' : `a reset (${reset.mode}) to`} ${image}`;
}

function running({ running: version, booted }: VersionStatus): string {
  if (version !== null) {
    const because = booted?.outcome === 'fallback' ? `, after a fallback: ${printableText(booted.reason ?? '')}` : '';
    return `${described(version)}${because}`;
  }
  if (booted === null) return 'not known: the initramfs of this boot left no record';
  if (booted.version === null) return 'not known: this boot fell back to a root that is of no one version';
  return `${printableText(booted.version)}, which the store does not know`;
}

function described({ id, state, image, history }: VersionRecord): string {
  const since = history.at(-1)?.at;
  return `${id}, ${state}${since === undefined ? '' : ` since ${minuteOf(since)}`}, made from ${image}`;
}

function outcome({ version, change }: NonNullable<VersionStatus['last']>): string {
  return `${version.id} became ${change.to} on ${minuteOf(change.at)}: ${printableText(change.why)}`;
}
