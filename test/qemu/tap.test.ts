import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTap } from '../../qemu/tap.ts';

/** What node's reporter prints, with these counts. */
function report(lines: readonly string[], counts: Readonly<Record<string, number>>): string {
  const all = { tests: 2, suites: 0, pass: 2, fail: 0, cancelled: 0, skipped: 0, todo: 0, duration_ms: 5, ...counts };
  return ['TAP version 13', ...lines, '1..2', ...Object.entries(all).map(([name, count]) => `# ${name} ${count}`)].join(
    '\n',
  );
}

const passed = ['ok 1 - first', 'ok 2 - second'];

test('a report in which every test ran and passed is accepted', () => {
  assert.deepEqual(readTap(report(passed, {})), { passed: 2, failures: [] });
});

test('a report with a test that failed, was left out or did not end is not', () => {
  const failed = ['ok 1 - first', '    not ok 1 - inner', 'not ok 2 - second'];
  const { failures } = readTap(report(failed, { pass: 1, fail: 1 }));
  assert.deepEqual(failures.slice(0, 2), ['not ok 1 - inner', 'not ok 2 - second']);
  for (const name of ['skipped', 'cancelled', 'todo']) {
    assert.notDeepEqual(readTap(report(passed, { [name]: 1, pass: 1 })).failures, [], name);
  }
});

test('a report that breaks off, is empty, or has no tests is not', () => {
  const whole = report(passed, {});
  assert.notDeepEqual(readTap(whole.slice(0, whole.indexOf('# fail'))).failures, []);
  assert.notDeepEqual(readTap('').failures, []);
  assert.notDeepEqual(readTap(report([], { tests: 0, pass: 0 })).failures, []);
});
