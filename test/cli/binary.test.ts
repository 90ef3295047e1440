import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { binary, fromSources, migrate } from './run-migrate.ts';
import { conflictingUpdate, quietUpdate, withTrees } from './trees.ts';

const program = binary;
const sources = { program: fromSources };

test('the built binary is this program, and runs without an environment', () => {
  const ended = migrate(['--version'], { program, environment: { PATH: '' } });
  assert.deepEqual(ended, { status: 0, stdout: `${manifest.version}\n`, stderr: '' });
});

test('the built binary helps, plans and refuses as the sources do', () => {
  withTrees(conflictingUpdate, ({ options }) => {
    const calls = [['--help'], ['apply', '--help'], ['plan', ...options, '--json'], ['plan', '--bogus'], []];
    for (const args of calls) assert.deepEqual(migrate(args, { program }), migrate(args, sources), args.join(' '));
  });
});

test('the built binary runs with flags of V8 for which its compiled code does not hold, and says nothing of it', () => {
  withTrees(conflictingUpdate, ({ options }) => {
    const args = ['plan', ...options, '--json'];
    const environment = { NODE_OPTIONS: '--max-old-space-size=200 --stack-trace-limit=5' };
    assert.deepEqual(migrate(args, { program, environment }), migrate(args, sources));
  });
});

test('the built binary applies', () => {
  withTrees(quietUpdate, ({ directory, options }) => {
    const { status, stdout, stderr } = migrate(['apply', ...options], { program });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(stdout, /^Done and verified$/m);
    assert.equal(readFileSync(join(directory, 'new/etc/hostname'), 'utf8'), 'machine7\n');
  });
});
