import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Machine } from '../flows/staging/machine.ts';
import { type Ended, migrate } from './run-migrate.ts';

/** Runs the program with the store of the machine. */
export const run = (machine: Machine, ...words: string[]): Ended =>
  migrate(words, { environment: { MIGRATE_STORE: join(machine.top, 'migrate') } });

/** The same for what has to succeed; gives what was printed. */
export function must(machine: Machine, ...words: string[]): string {
  const { status, stdout, stderr } = run(machine, ...words);
  assert.equal(status, 0, stderr);
  return stdout;
}
