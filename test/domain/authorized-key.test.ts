import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { authorizedKeyLine } from '../../src/domain/authorized-key.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk6R5C8f0rQpD0Ue9yGzX3hVQm8t7oI6vWJt2m1bq2F alpha';

test('a key is given one command, and words that a shell would read otherwise are quoted', () => {
  const line = authorizedKeyLine(`${key}\n`, ['migrate', 'serve', '--store', '/srv/store']);
  assert.equal(line, `command="migrate serve --store /srv/store",restrict ${key}`);
  const directory = `/srv/a "b" $(c) 'd' \\e`;
  const [, option = ''] =
    /^command="((?:\\"|[^"])*)",restrict /.exec(authorizedKeyLine(key, ['printf', '%s', directory])) ?? [];
  // As sshd takes it: a backslash before a quote is taken off (misc.c, opt_dequote), and the rest is for the shell.
  assert.equal(execFileSync('sh', ['-c', option.replaceAll('\\"', '"')], { encoding: 'utf8' }), directory);
});

test('keys that ssh-keygen makes are taken, and nothing that is none', () => {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-keys-'));
  try {
    for (const type of ['ed25519', 'ecdsa', 'rsa']) {
      const file = join(directory, type);
      execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'a comment', '-f', file]);
      const line = authorizedKeyLine(readFileSync(`${file}.pub`, 'utf8'), ['true']);
      assert.match(line, /^command="true",restrict [a-z0-9-]+ [A-Za-z0-9+/=]+ a comment$/);
      assert.throws(() => authorizedKeyLine(readFileSync(file, 'utf8'), ['true']), { code: 'public-key' });
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  for (const text of [
    '',
    'ssh-ed25519',
    `${key}\n${key}`,
    `command="sh" ${key}`,
    `${key}\r\nmore`,
    'ssh-ed25519 AAAA\0',
  ]) {
    assert.throws(() => authorizedKeyLine(text, ['true']), { code: 'public-key' }, JSON.stringify(text));
  }
});
