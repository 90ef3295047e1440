import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrate, shell } from './run-migrate.ts';
import { conflictingUpdate, quietUpdate, withTrees } from './trees.ts';

const esc = '\u001b';

/** Runs a line on a terminal of its own; what it shows, with `\n` for its line ends. */
function onTerminal(line: string, environment: Readonly<Record<string, string>> = {}): string {
  const { status, stdout } = shell(`script --quiet --return --command "${line}" /dev/null`, {
    environment: { TERM: 'vt220', ...environment },
  });
  assert.equal(status, 0, stdout);
  return stdout.replaceAll('\r\n', '\n');
}

/** Without the line of progress, which is written over. */
function withoutProgress(shown: string): string {
  return shown.replace(new RegExp(`\r${esc}\\[K((Comparing|Planning) [^\r\n${esc}]*)?`, 'g'), '');
}

test('colours are for terminals alone, and not where NO_COLOR or TERM=dumb asks for none', () => {
  withTrees(quietUpdate, ({ options }) => {
    const line = `$MIGRATE plan ${options.join(' ')}`;
    const plain = migrate(['plan', ...options]).stdout;
    assert.ok(!plain.includes(esc));
    const coloured = withoutProgress(onTerminal(line));
    assert.ok(coloured.includes(`${esc}[1mMerged from both sides (1)${esc}[22m`), coloured);
    assert.equal(coloured.replaceAll(new RegExp(`${esc}\\[\\d+m`, 'g'), ''), plain);
    assert.equal(withoutProgress(onTerminal(line, { NO_COLOR: '1' })), plain);
    assert.equal(withoutProgress(onTerminal(line, { TERM: 'dumb' })), plain);
    assert.equal(withoutProgress(onTerminal(line, { NO_COLOR: '' })), coloured);
  });
});

test('migrate serve is refused to a person at a terminal', () => {
  const shown = onTerminal('! $MIGRATE serve --store /dev/shm');
  assert.match(shown, /^\r.*migrate: Cannot talk with a person: .*\n {2}Have sshd start it there: /);
});

test('progress is shown on the terminal and never in the output', () => {
  withTrees(quietUpdate, ({ directory, options }) => {
    const shown = onTerminal(`$MIGRATE plan ${options.join(' ')} --json > ${directory}/plan.json`);
    assert.match(shown, /Comparing/);
    assert.equal(withoutProgress(shown), '');
    assert.equal(readFileSync(join(directory, 'plan.json'), 'latin1'), migrate(['plan', ...options, '--json']).stdout);
  });
});

test('the plan stands in groups, with a reason and the place of the rule for each path', () => {
  withTrees({ ...quietUpdate, old: { ...quietUpdate.old, 'etc/motd': null } }, ({ options }) => {
    const { stdout } = migrate(['plan', ...options]);
    assert.equal(
      stdout.replace(/Plan [0-9a-f]{16}/, 'Plan DIGEST'),
      `Merged from both sides (1)
  /etc/ssh/sshd_config  both sides' changes merged (content) [merge]  10-test.policy:3

Carried over from this machine (1)
  /etc/hostname  changed here, unchanged in the image (content)  10-test.policy:3

Deleted here, stay deleted (1)
  /etc/motd  deleted here, unchanged in the image  10-test.policy:3

3 decisions, 6 actions, 49 bytes to write. Plan DIGEST
`,
    );
  });
});

test('a directory stands for all in it that was decided alike, until --verbose asks for every path', () => {
  const added = Object.fromEntries(['a', 'b', 'c/d'].map((name) => [`etc/app/${name}`, 'x\n']));
  withTrees({ old: added }, ({ options }) => {
    assert.match(
      migrate(['plan', ...options]).stdout,
      /^ {2}\/etc\/app and 4 below {2}added here {2}10-test\.policy:3$/m,
    );
    const { stdout } = migrate(['plan', ...options, '--verbose']);
    assert.deepEqual(
      [...stdout.matchAll(/^ {2}(\/etc\/app\S*) +added here {2}persist \/etc\/\*\*, \S+:3$/gm)].map(([, path]) => path),
      ['/etc/app', '/etc/app/a', '/etc/app/b', '/etc/app/c', '/etc/app/c/d'],
    );
  });
});

test('a directory that is pinned stands for all in it, whatever was changed there', () => {
  const pinned = { 'etc/migrate/policy.d/20-own.policy': 'pin /etc/ssh/\n', 'etc/ssh/own': 'x\n' };
  withTrees(
    { old: { ...pinned, 'etc/ssh/sshd_config': 'Port 2222\n' }, new: { 'etc/ssh/sshd_config': null } },
    ({ options }) => {
      const { stdout } = migrate(['plan', ...options]);
      assert.match(stdout, /^ {2}\/etc\/ssh and 2 below +pinned by the policy {2}\S+20-own\.policy:1$/m);
      assert.doesNotMatch(stdout, /sshd_config/, 'there is nothing to ask');
    },
  );
});

test('--verbose shows unified diffs from what the image ships to the result', () => {
  withTrees(quietUpdate, ({ options }) => {
    const { stdout } = migrate(['plan', ...options, '--verbose']);
    assert.ok(
      stdout.includes(`--- image/etc/ssh/sshd_config
+++ result/etc/ssh/sshd_config
@@ -1,4 +1,4 @@
-Port 22
+Port 2222
 UsePAM yes
`),
      stdout,
    );
  });
});

test('the diff of a file that not everyone may read is withheld unless --private asks for it', () => {
  withTrees({ old: { 'etc/shadow': 'root:secret\n' }, new: { 'etc/shadow': 'root:*\n' } }, ({ directory, options }) => {
    for (const side of ['old', 'new']) chmodSync(join(directory, side, 'etc/shadow'), 0o640);
    const withheld = migrate(['plan', ...options, '--verbose']).stdout;
    assert.ok(!withheld.includes('root:'));
    assert.match(withheld, /^\/etc\/shadow: not everyone may read it; --private shows its diff$/m);
    const shown = migrate(['plan', ...options, '--verbose', '--private']).stdout;
    assert.match(shown, /^-root:\*\n\+root:secret$/m);
  });
});

test('what a file holds cannot make the terminal do things', () => {
  withTrees({ old: { 'etc/motd': `a${esc}[2Jb\tc\\d\u0007\n` } }, ({ options }) => {
    const { stdout } = migrate(['plan', ...options, '--verbose']);
    assert.match(stdout, /^\+a\\x1b\[2Jb\tc\\d\\x07$/m);
  });
});

test('a reader that goes away ends neither the work nor in a stack trace', () => {
  withTrees(conflictingUpdate, ({ options }) => {
    for (const command of [
      '--help',
      'plan --help',
      `plan ${options.join(' ')}`,
      `plan ${options.join(' ')} --verbose`,
    ]) {
      const { stdout, stderr } = shell(`$MIGRATE ${command} | true; exit \${PIPESTATUS[0]}`);
      assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '' }, command);
    }
    const { status, stderr } = shell(`$MIGRATE apply ${options.join(' ')} --unattended | true; exit \${PIPESTATUS[0]}`);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(migrate(['apply', ...options]).stdout, /^Already done/);
  });
});

test('a long document reaches a slow reader whole, also through a pipe that does not block', () => {
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`etc/many/${index}`, `${index}\n`]));
  withTrees({ old: many }, ({ options }) => {
    const nonBlocking = `python3 -c 'import os,sys; os.set_blocking(1, False); os.execvp(sys.argv[1], sys.argv[1:])'`;
    const { stdout, stderr } = shell(`${nonBlocking} $MIGRATE plan ${options.join(' ')} --json | (sleep 2; cat)`);
    assert.equal(stderr, '');
    assert.ok(stdout.length > 2 ** 17, `${stdout.length} bytes are more than a pipe holds`);
    assert.equal(stdout, migrate(['plan', ...options, '--json']).stdout);
  });
});
