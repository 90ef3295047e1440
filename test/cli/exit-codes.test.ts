import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrate, shell } from './run-migrate.ts';
import { stateOf } from './state-of.ts';
import { conflictingUpdate, quietUpdate, withTrees } from './trees.ts';

type Item = {
  readonly key: string;
  readonly fingerprint: string;
  readonly resolutions: readonly { readonly id: string }[];
};

function itemsOf(options: readonly string[]): readonly Item[] {
  const { stdout } = migrate(['plan', ...options, '--json']);
  return (JSON.parse(stdout) as { readonly items: readonly Item[] }).items;
}

/** Writes an answer to the only item, and returns the options that give it. */
function answer(directory: string, options: readonly string[], resolution: string): readonly string[] {
  const [item] = itemsOf(options);
  assert.ok(item !== undefined);
  const choices = { [item.key]: { fingerprint: item.fingerprint, resolution } };
  const file = join(directory, 'choices.json');
  writeFileSync(file, JSON.stringify({ schema: 'migrate.choices/1', choices }));
  return ['--choices', file];
}

test('a plan in which nothing waits ends with 0 and changes nothing', () => {
  withTrees(quietUpdate, ({ directory, options }) => {
    const before = stateOf(directory);
    const { status, stderr } = migrate(['plan', ...options]);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.equal(stateOf(directory), before);
  });
});

test('apply makes the result, ends with 0, and run again says so and changes nothing', () => {
  withTrees(quietUpdate, ({ directory, options }) => {
    const first = migrate(['apply', ...options]);
    assert.deepEqual({ status: first.status, stderr: first.stderr }, { status: 0, stderr: '' });
    assert.match(first.stdout, /^Done and verified$/m);
    assert.equal(readFileSync(join(directory, 'new/etc/hostname'), 'utf8'), 'machine7\n');
    const sshd = readFileSync(join(directory, 'new/etc/ssh/sshd_config'), 'utf8');
    assert.equal(sshd, 'Port 2222\nUsePAM yes\n\nX11Forwarding yes\n');

    const before = stateOf(directory);
    const second = migrate(['apply', ...options]);
    assert.equal(second.status, 0);
    assert.match(second.stdout, /^Already done: .* nothing was changed\n$/);
    assert.equal(stateOf(directory), before);
  });
});

test('a plan with an item that waits ends with 3 and is printed all the same', () => {
  withTrees(conflictingUpdate, ({ options }) => {
    const { status, stdout, stderr } = migrate(['plan', ...options]);
    assert.deepEqual({ status, stderr }, { status: 3, stderr: '' });
    assert.match(stdout, /^Carried over from this machine \(1\)\n {2}\/etc\/motd {2}/m);
    assert.match(stdout, /^Waiting for a choice \(1\)\n {2}error {2}\/etc\/motd /m);
    assert.match(stdout, /^ {4}\* ours .*\(default\)$/m);
  });
});

test('apply with an item that waits prints the plan, says so on stderr, ends with 3 and changes nothing', () => {
  withTrees(conflictingUpdate, ({ directory, options }) => {
    const before = stateOf(directory);
    const { status, stdout, stderr } = migrate(['apply', ...options]);
    assert.equal(status, 3);
    assert.match(stdout, /^Waiting for a choice \(1\)$/m);
    assert.match(stderr, /^migrate: Nothing was changed: 1 item waits for a choice\n {2}Answer with --choices FILE, /);
    assert.equal(stateOf(directory), before);
  });
});

test('the document that the plan prints for an answer is taken by --choices', () => {
  withTrees(conflictingUpdate, ({ directory, options }) => {
    const { stdout } = migrate(['plan', ...options]);
    const document = /^\{"schema": "migrate\.choices\/1".*?^\}\}$/ms.exec(stdout)?.[0] ?? '';
    const file = join(directory, 'choices.json');
    writeFileSync(file, document.replace('"resolution":"ours"', '"resolution":"theirs"'));
    assert.equal(migrate(['apply', ...options, '--choices', file]).status, 0);
    assert.equal(readFileSync(join(directory, 'new/etc/motd'), 'utf8'), 'good day\n');
  });
});

test('with --unattended the default is taken and listed, in text and in JSON', () => {
  withTrees(conflictingUpdate, ({ directory, options }) => {
    const { status, stdout } = migrate(['apply', ...options, '--unattended']);
    assert.equal(status, 0);
    assert.match(stdout, /^Default taken: content:\/etc\/motd: ours$/m);
    assert.doesNotMatch(stdout, /Waiting for a choice/);
    assert.equal(readFileSync(join(directory, 'new/etc/motd'), 'utf8'), 'hello\n');
  });
  withTrees(conflictingUpdate, ({ options }) => {
    const { status, stdout } = migrate(['apply', ...options, '--unattended', '--json']);
    assert.equal(status, 0);
    const { outcome } = JSON.parse(stdout) as { readonly outcome: { readonly defaults: unknown } };
    assert.deepEqual(outcome.defaults, [{ key: 'content:/etc/motd', resolution: 'ours' }]);
  });
});

test('a choice settles its item: nothing waits, and no default is taken', () => {
  withTrees(conflictingUpdate, ({ directory, options }) => {
    const choice = answer(directory, options, 'theirs');
    assert.equal(migrate(['plan', ...options, ...choice]).status, 0);
    const { status, stdout } = migrate(['apply', ...options, ...choice]);
    assert.equal(status, 0);
    assert.doesNotMatch(stdout, /Default taken/);
    assert.equal(readFileSync(join(directory, 'new/etc/motd'), 'utf8'), 'good day\n');
  });
});

test('a choice for another state of its item is not used', () => {
  withTrees(conflictingUpdate, ({ directory, options }) => {
    const choice = answer(directory, options, 'theirs');
    writeFileSync(join(directory, 'old/etc/motd'), 'hello again\n');
    const { status, stdout } = migrate(['plan', ...options, ...choice]);
    assert.equal(status, 3);
    assert.match(stdout, /The answer "theirs" was given for another state of it and is not used/);
  });
});

test('the plan of a run that has committed ends with 0: nothing waits any more', () => {
  withTrees(conflictingUpdate, ({ options }) => {
    assert.equal(migrate(['apply', ...options, '--unattended']).status, 0);
    const { status, stdout } = migrate(['plan', ...options]);
    assert.equal(status, 0);
    assert.match(stdout, /^Decided by default \(1\)$/m);
  });
});

test('--dry-run ends with 3 like plan where an item waits, and takes the answers that the old system keeps', () => {
  withTrees(conflictingUpdate, ({ directory, options }) => {
    const asked = migrate(['--dry-run', ...options]);
    assert.deepEqual(
      { status: asked.status, stdout: asked.stdout },
      { status: 3, stdout: migrate(['plan', ...options]).stdout },
    );
    const [, choices = ''] = answer(directory, options, 'theirs');
    const kept = join(directory, 'old/var/lib/migrate');
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, 'choices.json'), readFileSync(choices));
    const answered = migrate(['--dry-run', ...options]);
    assert.equal(answered.status, 0);
    assert.match(answered.stdout, /^ {4}\* theirs .*\(chosen\)/m);
  });
});

test('case 17: --dry-run refuses answers behind a link, as a boot would, and never goes on without them', () => {
  withTrees(conflictingUpdate, ({ directory, options }) => {
    mkdirSync(join(directory, 'old/var'));
    symlinkSync('../srv', join(directory, 'old/var/lib'));
    const { status, stdout, stderr } = migrate(['--dry-run', ...options]);
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
    assert.match(stderr, /^migrate: Cannot read the choices of the old system: \S+\/old\/var\/lib: it is a symlink, /);
  });
});

test('an apply that cannot write ends with 1, and one line says what, where and what to do', () => {
  withTrees(quietUpdate, ({ options }) => {
    const [, result = ''] = options.slice(4);
    // In a mount namespace of its own, so that nobody else sees the result read-only.
    const line = `unshare --mount sh -euc 'mount --bind ${result} ${result}; mount -o remount,bind,ro ${result}; exec $MIGRATE apply ${options.join(' ')}'`;
    const { status, stdout, stderr } = shell(line);
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
    const sentence = 'the filesystem is read-only \\(EROFS\\)';
    assert.match(
      stderr,
      new RegExp(`^migrate: Cannot \\w+ ${result}/\\S+: ${sentence}\n {2}The old system is unchanged; .*\n$`),
    );
  });
});

test('a directory that was removed while we are in it is no hindrance', () => {
  withTrees(quietUpdate, ({ directory, options }) => {
    const { status, stderr } = shell(`mkdir gone; cd gone; rmdir ../gone; $MIGRATE plan ${options.join(' ')}`, {
      directory,
    });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  });
});
