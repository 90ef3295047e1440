import assert from 'node:assert/strict';
import { test } from 'node:test';
import manifest from '../../package.json' with { type: 'json' };
import { migrate, shell } from './run-migrate.ts';

const commands = [
  'plan',
  'apply',
  'diff',
  'explain',
  'persist',
  'forget',
  'policy',
  'init',
  'stage',
  'status',
  'versions',
  'log',
  'reset',
  'restore',
  'export',
  'mount',
  'umount',
  'rollback',
  'forward',
  'mark-good',
  'check',
  'entry',
  'doctor',
  'loader',
  'pin',
  'unpin',
  'prune',
  'image',
  'volume',
  'push',
  'fetch',
  'pull',
  'remote',
  'serve',
  'store',
  'boot',
  'completion',
];

test('--help names every command and the exit codes, and has an example', () => {
  const { status, stdout, stderr } = migrate(['--help']);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  for (const command of commands) assert.match(stdout, new RegExp(`^ {2}migrate ${command} `, 'm'));
  assert.match(stdout, /^Examples:\n {2}migrate --dry-run/m);
  assert.match(stdout, /^Exit codes: 0 done; 1 failed/m);
});

// Whose exit codes mean something of their own.
const telling = [
  ...[
    'apply',
    'diff',
    'policy',
    'stage',
    'status',
    'versions',
    'log',
    'rollback',
    'forward',
    'reset',
    'mark-good',
    'check',
  ],
  ...['doctor', 'prune', 'image ls', 'image verify', 'push', 'fetch', 'pull', 'volume gc', 'volume fsck'],
];

for (const command of telling) {
  test(`migrate ${command} --help says what its exit codes mean`, () => {
    assert.match(migrate([...command.split(' '), '--help']).stdout, /Exit codes: 0 /);
  });
}

for (const command of commands) {
  test(`migrate ${command} --help has an example, and needs no root`, () => {
    const { status, stdout, stderr } = migrate([command, '--help']);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    const [, example = ''] = /^Examples:\n {2}(.*)$/m.exec(stdout) ?? [];
    assert.match(example, new RegExp(`migrate ${command}`));
  });
}

test('help is in English whatever the locale is', () => {
  assert.equal(
    migrate(['plan', '--help'], { environment: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' } }).stdout,
    migrate(['plan', '--help']).stdout,
  );
});

test('--version prints the version of package.json', () => {
  assert.deepEqual(migrate(['--version']), { status: 0, stdout: `${manifest.version}\n`, stderr: '' });
  assert.deepEqual(migrate(['plan', '--version']), { status: 0, stdout: `${manifest.version}\n`, stderr: '' });
});

test('the shell asks what completes a word', () => {
  const answers = (words: readonly string[]): string[] =>
    migrate(['--get-yargs-completions', ...words])
      .stdout.trimEnd()
      .split('\n');
  assert.deepEqual(answers(['pl']).toSorted(), commands.toSorted());
  assert.ok(answers(['migrate', 'plan', '--']).includes('--policy'));
});

test('the completion script completes commands and options in bash', () => {
  const complete = (words: string): string => {
    const count = words.split(' ').length - 1;
    const line = `migrate() { $MIGRATE "$@"; }; eval "$(migrate completion)"; COMP_WORDS=(${words}); COMP_CWORD=${count}; _migrate; echo "\${COMPREPLY[*]}"`;
    const { status, stdout, stderr } = shell(line);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    return stdout.trimEnd();
  };
  assert.equal(complete('migrate expl'), 'explain');
  assert.equal(complete('migrate apply --un'), '--unattended');
});
