import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ended, fromSources, migrate } from './run-migrate.ts';

type Checks = { readonly required?: string; readonly wanted?: string };

/** Runs the program where /etc holds these checks and nothing else; the machine does not see it. */
function withChecks({ required, wanted }: Checks, args: readonly string[]): Ended {
  const script = [
    'mount -t tmpfs none /etc',
    'for kind in required wanted; do',
    '  mkdir -p /etc/migrate/check.d/$kind.d',
    `  [ -z "$1" ] || { printf '#!/bin/sh\\n%s\\n' "$1" > /etc/migrate/check.d/$kind.d/10-test; chmod 755 /etc/migrate/check.d/$kind.d/*; }`,
    '  shift',
    'done',
    'exec "$@"',
  ].join('\n');
  const program = ['unshare', '--mount', 'sh', '-euc', script, 'sh', required ?? '', wanted ?? '', ...fromSources];
  return migrate(args, { program: program as [string, ...string[]] });
}

test('migrate check ends with 0 where all required checks passed, and names wanted ones that did not', () => {
  const { status, stdout, stderr } = withChecks({ required: 'exit 0', wanted: 'echo slow; exit 1' }, ['check']);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.match(stdout, /^passed {2}10-test {2}\(required, \d+\.\d s\)\n/);
  assert.match(stdout, /\nfailed {2}10-test: it ended with 1 {2}\(wanted, \d+\.\d s\)\n {8}slow\n/);
  assert.match(stdout, /\nHealthy, but 1 wanted check failed\n$/);
});

test('migrate check ends with 4 where a required one failed, with the end of what it printed, safe for a terminal', () => {
  const required =
    'i=0; while [ $i -lt 30 ]; do i=$((i + 1)); echo "line $i"; done; printf "\\033[2Jcleared\\n"; exit 3';
  const { status, stdout } = withChecks({ required }, ['check']);
  assert.equal(status, 4);
  assert.match(stdout, /^failed {2}10-test: it ended with 3 {2}\(required, /);
  assert.match(stdout, /\n {8}\(before that: 11 lines\)\n {8}line 12\n/);
  assert.match(stdout, /\n {8}\\x1b\[2Jcleared\nNot healthy\n$/);
});

test('migrate check --json is one document, and --limit and --soak are what they say', () => {
  const limited = withChecks({ required: 'sleep 600' }, ['check', '--json', '--limit', '1']);
  assert.equal(limited.status, 4);
  const { schema, healthy, checks } = JSON.parse(limited.stdout);
  assert.deepEqual([schema, healthy, checks.length, checks[0].outcome], ['migrate.health/1', false, 1, 'timed-out']);
  const soaked = JSON.parse(withChecks({ required: 'exit 0' }, ['check', '--json', '--soak', '1']).stdout);
  assert.deepEqual(
    soaked.checks.map(({ afterSoak }: { readonly afterSoak: boolean }) => afterSoak),
    [false, true],
  );
});

test('without required checks there is a word to say so', () => {
  const { status, stderr } = withChecks({}, ['check']);
  assert.equal(status, 0);
  assert.match(stderr, /^migrate: no required check was found; they lie in .*\/etc\/migrate\/check\.d\/required\.d/);
});

for (const args of [
  ['check', '--limit', '0'],
  ['check', '--soak', '-1'],
  ['check', '--soak', 'long'],
  ['check', '--limit', '1', '--limit', '2'],
  ['mark-good', '--checked', 'trixie.2'],
  ['mark-good', '--soak', '5'],
  ['mark-good', '--checked', '--limit', '0.5'],
]) {
  test(`migrate ${args.join(' ')} is refused in one clear line, with exit code 2`, () => {
    const { status, stdout, stderr } = migrate(args);
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
    assert.match(stderr, /^migrate: .*\n( {2}.*\n)?$/);
  });
}
