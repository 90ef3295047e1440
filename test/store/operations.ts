import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from '../cli/run-captured.ts';
import type { StoreSandbox } from './store-sandbox.ts';

/** A change of the store as `StoreSandbox.renew` leaves it, and what there is after it. */
export type Operation = {
  readonly name: string;
  readonly words: readonly string[];
  /** What comes to the state, and what goes from it. */
  readonly adds: readonly string[];
  readonly takes: readonly string[];
  /** Whether it is made of several changes, each of which counts by itself. */
  readonly stepwise?: true;
};

export const operations: readonly Operation[] = [
  {
    name: 'create a volume',
    words: ['volume', 'create', 'new', '--class', 'config'],
    adds: ['config new'],
    takes: [],
  },
  { name: 'create a branch', words: ['volume', 'create', 'db/new'], adds: ['branch db/new'], takes: [] },
  {
    name: 'branch from a tag',
    words: ['volume', 'branch', 'db/new', 'monday@db'],
    adds: ['branch db/new'],
    takes: [],
  },
  {
    name: 'branch from a branch',
    words: ['volume', 'branch', 'db/new', 'db/main'],
    adds: ['branch db/new'],
    takes: [],
  },
  { name: 'tag', words: ['volume', 'tag', 'new@db', 'db/main'], adds: ['tag new@db'], takes: [] },
  { name: 'destroy a tag', words: ['volume', 'destroy', 'tuesday@db'], adds: [], takes: ['tag tuesday@db'] },
  { name: 'destroy a branch', words: ['volume', 'destroy', 'db/try'], adds: [], takes: ['branch db/try'] },
  { name: 'destroy a volume', words: ['volume', 'destroy', 'empty'], adds: [], takes: ['state empty'] },
  {
    name: 'hold',
    words: ['volume', 'hold', 'friday@db', '--for', 'version:1'],
    adds: ['tag friday@db held for version:1'],
    takes: ['tag friday@db'],
  },
  {
    name: 'release',
    words: ['volume', 'release', 'monday@db'],
    adds: ['tag monday@db'],
    takes: ['tag monday@db held for user'],
  },
  {
    name: 'collect garbage',
    words: ['volume', 'gc', '--keep-last', '1'],
    adds: [],
    takes: ['tag tuesday@db', 'tag wednesday@db'],
    stepwise: true,
  },
];

/** The state after the operation. */
export function stateAfter(before: readonly string[], { adds, takes }: Operation): string[] {
  return [...before.filter((line) => !takes.includes(line)), ...adds].sort();
}

/** Why an operation that is done again may be refused where it was done already: it says so. */
const doneAlready = /there is (one|a branch|a tag) of that name|Cannot find |nobody holds it/;

/**
 * What is not as it should be after an operation that was cut off: the store opens, all or nothing of it has happened,
 * nothing foreign was touched, and done again it ends as if it had never been cut off.
 */
export async function problemsAfter(
  sandbox: StoreSandbox,
  operation: Operation,
  before: readonly string[],
): Promise<string[]> {
  const after = stateAfter(before, operation);
  const settled = sandbox.problems();
  const now = sandbox.state();
  const between = isBetween(now, before, operation) ? [] : [`neither before nor after: ${now.join(', ')}`];
  const again: Ended = await sandbox.run(operation.words);
  const refused = again.status !== 0 && !doneAlready.test(again.stderr) ? [`done again: ${again.stderr}`] : [];
  const end = sandbox.state().join('\n') === after.join('\n') ? [] : [`at the end: ${sandbox.state().join(', ')}`];
  const content = sandbox.read('monday@db', 'file') === 'first' ? [] : ['monday@db has another content'];
  return [...settled, ...between, ...refused, ...end, ...sandbox.problems(), ...content];
}

function isBetween(now: readonly string[], before: readonly string[], operation: Operation): boolean {
  const isBefore = now.join('\n') === before.join('\n');
  if (isBefore || now.join('\n') === stateAfter(before, operation).join('\n')) return true;
  const gone = before.filter((line) => !now.includes(line));
  return operation.stepwise === true && now.length + gone.length === before.length && isPartOf(gone, operation.takes);
}

function isPartOf(some: readonly string[], all: readonly string[]): boolean {
  return some.every((line) => all.includes(line));
}

/** Takes the record of an intent out of the ledger where it is the last that was written. Returns whether it was. */
export function forgetIntent(directory: string): boolean {
  const ledger = join(directory, 'ledger.ndjson');
  const text = readFileSync(ledger, 'latin1');
  const start = text.lastIndexOf('\n', text.length - 2) + 1;
  if (!text.slice(start).includes('"kind":"begin"')) return false;
  truncateSync(ledger, start);
  return true;
}
