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

const summary = { decisions: {}, items: {}, bytes: 0, actions: 0 };
const plan = sealPlan({ schema: 'migrate.plan/1', roots: [], decisions: [], actions: [], items: [], summary }, digest);
const names = ['outcome.json', 'ours.json', 'plan.json'] as const;
const whole = {
  'outcome.json': JSON.stringify({
    schema: 'migrate.outcome/1',
    state: 'committed',
    run: plan.digest,
    defaults: [],
    notes: [],
  }),
  'ours.json': JSON.stringify({ schema: 'migrate.ours/1', version: 'v2', paths: [{ path: '/etc/a', state: '0123' }] }),
  'plan.json': planToJson(plan),
};

const root = mkdtempSync(join(tmpdir(), 'migrate-records-'));
after(() => rmSync(root, { recursive: true }));
const folder = join(root, 'var/lib/migrate');
mkdirSync(folder, { recursive: true });

for (const name of names) {
  fuzz({
    name: `the record ${name}`,
    seeds: [whole[name]],
    words: [
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
      for (const other of names) writeFileSync(join(folder, other), other === name ? input : whole[other], 'latin1');
      const files = openRoot(root);
      try {
        const found = findRun(files, digest);
        assert.equal(found.state, 'committed');
        return found.state === 'committed' ? `${found.record.ours.size} ${found.outcome.notes.length}` : '';
      } finally {
        files.close();
      }
    },
  });
}
