import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { leaveShell, prepareShell } from '../../../src/flows/recovery/shell-at-boot.ts';
import type { System } from '../../../src/system/system.ts';
import { imageContent, inInitramfs, type Machine, withMachine } from '../staging/machine.ts';

/** The initramfs of a boot for the shell; what it mounts lies in a directory of the test. */
function shellSystem(machine: Machine, words: string): System {
  const initramfs = inInitramfs(machine);
  const { mounts } = initramfs;
  const moved = (path: string): string => path.replace(/^\/run\/migrate(?=\/)/, join(machine.work, 'run'));
  return {
    ...initramfs,
    readFile: (path) => (path === '/proc/cmdline' ? `migrate.run ${words}\n` : initramfs.readFile(path)),
    mounts: { ...mounts, bind: (directory, at, options) => mounts.bind(moved(directory), moved(at), options) },
  };
}

const branch = 'migrate/volumes/system/branches/debian-12.1';

test('the shell finds the store and the root of the good version, both read-only, until it is left', async () => {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const inShell = shellSystem(machine, `root=${machine.device} rootflags=subvol=${branch}`);
    const facts = await prepareShell(inShell, machine.store);
    const [store, root] = ['store', 'root'].map((name) => join(machine.work, 'run', name));
    assert.ok(store !== undefined && root !== undefined);
    assert.match(facts.join('\n'), /^The store is at \/run\/migrate\/store, .*\nThe root .*\nThere is no network: /);
    assert.match(readFileSync(join(store, 'store.json'), 'utf8'), /btrfs/);
    assert.equal(readFileSync(join(root, 'etc/hostname'), 'utf8'), 'atlas\n');
    for (const directory of [store, root]) {
      assert.throws(() => writeFileSync(join(directory, 'changed'), ''), { code: 'EROFS' });
    }
    leaveShell(inShell);
    assert.deepEqual(
      [store, root].map((directory) => existsSync(join(directory, 'store.json'))),
      [false, false],
    );
    assert.deepEqual(machine.problems(), []);
  });
});

test('where store and root cannot be mounted the shell says why, and comes all the same', async () => {
  await withMachine(async (machine) => {
    const inShell = shellSystem(machine, `root=${machine.device} rootflags=subvol=@gone`);
    const facts = await prepareShell(inShell, { device: machine.device, path: 'nowhere' });
    assert.match(facts[0] ?? '', /^The store is not there: /);
    assert.match(facts[1] ?? '', /^The root is not there: /);
    leaveShell(inShell);
  });
});
