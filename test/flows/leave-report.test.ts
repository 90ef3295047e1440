import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { leaveReport } from '../../src/flows/leave-report.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

const report = { version: 'v2', reason: 'the disk is full', plan: '{}' };
const folder = 'var/lib/migrate/failed/v2';

function leaveIn(root: string): void {
  const files = openRoot(root);
  try {
    leaveReport(files, report);
  } finally {
    files.close();
  }
}

test('the old system finds the reason and the plan, and a second failure replaces them', () =>
  withFilesystem('tmpfs', (root) => {
    for (let time = 0; time < 2; time += 1) leaveIn(root);
    const outcome: unknown = JSON.parse(readFileSync(join(root, folder, 'outcome.json'), 'utf8'));
    assert.deepEqual(outcome, { schema: 'migrate.failure/1', version: 'v2', reason: 'the disk is full' });
    assert.deepEqual(readdirSync(join(root, folder)), ['outcome.json', 'plan.json']);
  }));

test('case 17: a link on the way to the report is not followed', () =>
  withFilesystem('tmpfs', (directory) => {
    const [root, victim] = [join(directory, 'old'), join(directory, 'victim')];
    for (const path of [root, victim]) mkdirSync(path);
    symlinkSync(victim, join(root, 'var'));
    assert.throws(
      () => leaveIn(root),
      (error) => error instanceof Failure && error.code === 'no-report' && error.message.includes('v2'),
    );
    assert.deepEqual(readdirSync(victim), []);
  }));
