import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { findRun } from '../../src/apply/run-folder.ts';
import { planToJson, sealPlan } from '../../src/domain/plan-json.ts';
import { filesOfInput, separator } from './files-of-input.ts';
import { fuzz } from './fuzz.ts';

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const summary = { decisions: {}, items: {}, bytes: 0, actions: 0 };
const plan = sealPlan({ schema: 'migrate.plan/1', roots: [], decisions: [], actions: [], items: [], summary }, digest);
const names = ['outcome.json', 'ours.json', 'plan.json'] as const;
const outcome = { schema: 'migrate.outcome/1', state: 'committed', run: plan.digest, defaults: [], notes: [] };
const ours = { schema: 'migrate.ours/1', version: 'v2', paths: [{ path: '/etc/a', state: '0123' }] };

const { files, write } = filesOfInput(names.map((name) => `var/lib/migrate/${name}`));

fuzz({
  name: 'the records of a run',
  seeds: [[JSON.stringify(outcome), JSON.stringify(ours), planToJson(plan)].join(separator)],
  words: [
    separator,
    'null',
    '[]',
    '{}',
    '""',
    '{"base64":"="}',
    '"paths":',
    '"state":',
    '"version":',
    '"defaults":',
    '"run":',
    '\\ud800',
  ],
  attempt(input) {
    write(input);
    const found = findRun(files, digest);
    assert.equal(found.state, 'committed');
    return found.state === 'committed' ? `${found.record.ours.size} ${found.outcome.notes.length}` : '';
  },
});
