import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { findRun } from '../../src/apply/run-folder.ts';
import { planToJson, sealPlan } from '../../src/domain/plan-json.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { fuzz } from './fuzz.ts';

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Between the records of one run. */
const separator = '\x1e';
const summary = { decisions: {}, items: {}, bytes: 0, actions: 0 };
const plan = sealPlan({ schema: 'migrate.plan/1', roots: [], decisions: [], actions: [], items: [], summary }, digest);
const names = ['outcome.json', 'ours.json', 'plan.json'] as const;
const outcome = { schema: 'migrate.outcome/1', state: 'committed', run: plan.digest, defaults: [], notes: [] };
const ours = { schema: 'migrate.ours/1', version: 'v2', paths: [{ path: '/etc/a', state: '0123' }] };

const root = mkdtempSync(join(tmpdir(), 'migrate-records-'));
const folder = join(root, 'var/lib/migrate');
mkdirSync(folder, { recursive: true });
const files = openRoot(root);
after(() => {
  files.close();
  rmSync(root, { recursive: true });
});

/** What the files hold now: most inputs change but one. */
const written = new Map<string, string>();

function write(input: string): void {
  const parts = input.split(separator);
  for (const [index, name] of names.entries()) {
    const content = parts[index] ?? '';
    if (written.get(name) === content) continue;
    writeFileSync(join(folder, name), content, 'latin1');
    written.set(name, content);
  }
}

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
