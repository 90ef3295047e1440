import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const script = join(import.meta.dirname, '../../initramfs/mount.migrate-lv');

/** Runs it with programs of LVM and a mount(8) that only write down how they are called. */
function mountVolume(volume: string, { active = true } = {}): { status: number | null; called: string } {
  const directory = mkdtempSync(join(tmpdir(), 'mount-migrate-lv-'));
  try {
    const log = join(directory, 'log');
    writeFileSync(log, '');
    for (const [name, status] of Object.entries({ lvs: 0, sleep: 0, lvchange: active ? 0 : 5, mount: 0 })) {
      // LVM finds the group when it is asked for the third time.
      const found = name === 'lvs' ? `[ "$(grep --count ^lvs ${log})" -ge 3 ] || exit 5` : '';
      writeFileSync(join(directory, name), `#!/bin/sh\necho ${name} "$@" >> ${log}\n${found}\nexit ${status}\n`);
      chmodSync(join(directory, name), 0o755);
    }
    const args = [script, volume, '/srv', '-o', 'rw,noatime'];
    const { status } = spawnSync('sh', args, { env: { PATH: `${directory}:${process.env['PATH']}` } });
    return { status, called: readFileSync(log, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a volume is waited for, activated and mounted with the options of its unit', () => {
  const { status, called } = mountVolume('vg0/migrate_0a');
  assert.equal(status, 0);
  assert.match(called, /^(lvs .*\nsleep 1\n){2}lvs .*\nlvchange .*--ignoreactivationskip.* vg0\/migrate_0a\n/);
  assert.match(called, /\nmount -t ext4 -o rw,noatime \/dev\/vg0\/migrate_0a \/srv\n$/);
});

test('nothing is mounted where it cannot be activated, or is no volume', () => {
  const inactive = mountVolume('vg0/migrate_0a', { active: false });
  assert.equal(inactive.status, 32);
  assert.doesNotMatch(inactive.called, /mount/);
  for (const name of ['vg0', '/dev/vg0/root', 'vg0/../sda', 'a/b/c', '-f/x', 'vg0/a b', '']) {
    assert.deepEqual(mountVolume(name), { status: 32, called: '' }, name);
  }
});
