import { healthDocument, whatFailed } from '../domain/health.ts';
import type { CheckedGood } from '../flows/health/mark-good-checked.ts';
import type { MarkedGood } from '../flows/staging/mark-good.ts';
import type { Console } from './console.ts';
import { renderHealth } from './render-health.ts';

/** What became of a version that was to be good. */
export function renderGood({ version, retired, changed }: MarkedGood): string {
  const others = retired.length === 0 ? '' : `; ${retired.join(', ')} ${retired.length === 1 ? 'is' : 'are'} retired`;
  return `${version.id} ${changed ? 'is now' : 'was already'} good${others}\n`;
}

export function goodDocument({ version, retired, changed }: MarkedGood): object {
  return { schema: 'migrate.good/1', version: version.id, retired, changed };
}

/** The same where it had to pass the checks, each of which has been shown. */
export function renderCheckedGood(result: CheckedGood, console: Console): string {
  switch (result.kind) {
    case 'not-on-trial':
      return `Nothing is on trial: ${result.why}\n`;
    case 'good':
      return renderHealth(result.health, console) + renderGood(result.marked);
    case 'not-healthy':
      return [
        renderHealth(result.health, console),
        `${result.version} stays on trial; what failed is kept in the store, in ${result.logs.slice(1)}\n`,
      ].join('');
  }
}

export function checkedGoodDocument(result: CheckedGood): object {
  switch (result.kind) {
    case 'not-on-trial':
      return { schema: 'migrate.good/1', version: null, retired: [], changed: false, why: [result.why] };
    case 'good':
      return { ...goodDocument(result.marked), why: [], health: healthDocument(result.health), notes: result.notes };
    case 'not-healthy': {
      const { version, health, logs, notes } = result;
      const facts = { version, retired: [], changed: false, why: whatFailed(health), logs: logs.slice(1), notes };
      return { schema: 'migrate.good/1', ...facts, health: healthDocument(health) };
    }
  }
}
