import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const hook = readFileSync(join(import.meta.dirname, '../../initramfs/migrate-pre-mount.sh'), 'utf8');

/** What the hook does in an initramfs without systemd: the words of the command line are those that `getarg` finds. */
function hooked(words: string, status: number): string {
  const script = `
getarg() { for word in ${words}; do case "$word" in "$1" | "\${1%=}="*) return 0 ;; esac; done; return 1; }
warn() { echo "warn"; }
sync() { :; }
sleep() { :; }
reboot() { echo "reboot"; }
migrate() { echo "$*"; return ${status}; }
${hook.replace('/usr/bin/migrate', 'migrate')}`;
  return execFileSync('sh', ['-euc', script], { encoding: 'utf8' }).trim().replaceAll('\n', ', ');
}

test('without systemd a migration goes on to the root, or restarts the machine where it failed', () => {
  assert.equal(hooked('quiet', 0), '');
  assert.equal(hooked('migrate.run', 0), 'boot --log kernel');
  assert.equal(hooked('migrate.run', 1), 'boot --log kernel, warn, reboot');
});

test('without systemd a repair always ends with a restart: no root is mounted after it', () => {
  for (const status of [0, 1]) {
    assert.equal(hooked('migrate.run migrate.recovery=shell', status), 'boot --log kernel, reboot');
  }
});
