import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { keepReserve } from '../../../../src/flows/reset/reserve.ts';
import { stageReset } from '../../../../src/flows/reset/stage-reset.ts';
import { changeStore } from '../../../../src/store/open-store.ts';
import { boot, lineOf } from '../../staging/boot-machine.ts';
import { type Machine, withMachine } from '../../staging/machine.ts';
import { askForTotal, resetOf, secret, whereSecretIs, withSecrets } from './secrets.ts';

/** Writes data until nothing more fits: neither in large files nor in small ones. */
function fillUp(machine: Machine): void {
  const script = `
    dd if=/dev/urandom of=large bs=1M
    sync
    dd if=/dev/urandom of=medium bs=4k
    i=0; while head -c 3000 /dev/urandom > small.$i; do i=$((i + 1)); done
    sync`;
  spawnSync('sh', ['-c', script], { cwd: machine.pathOf('branch', 'main', 'srv'), stdio: 'ignore' });
}

test('case 74: a total reset that was asked for makes its version on a disk that is full, and frees it', async () => {
  await onFullDisk(async (machine, before, makeFull) => {
    const id = askForTotal(machine, before);
    const line = lineOf(machine, id);
    makeFull();
    await boot(machine, id, undefined, line);
    assert.equal(resetOf(machine)?.state, 'done');
    assert.deepEqual(whereSecretIs(machine), []);
  });
});

for (const mode of ['config', 'system'] as const) {
  test(`case 74: a reset of mode ${mode} makes its version on a disk that is full, and leaves what there was`, async () => {
    await onFullDisk(async (machine, parent, makeFull) => {
      const request = { image: null, parent, choices: null, arm: true, changeSources: [], onProgress: () => undefined };
      const { version } = stageReset(machine.place, { ...request, reset: { mode, keep: ['/etc/hostname'] } });
      const line = lineOf(machine, version.id);
      makeFull();
      await boot(machine, version.id, undefined, line);
      assert.equal(machine.version(version.id).state, 'trial');
      assert.equal(machine.read('branch', version.id, 'etc/hostname'), 'atlas\n');
      assert.equal(machine.read('branch', parent, 'etc/ssh/ssh_host_ed25519_key'), `${secret}\n`);
    });
  });
}

type FullDisk = (machine: Machine, version: string, makeFull: () => void) => Promise<void>;

/** A machine with its reserves kept, whose disk is full when a reset is asked for. */
async function onFullDisk(run: FullDisk): Promise<void> {
  await withMachine(
    async (machine) => {
      const version = await withSecrets(machine);
      changeStore(machine.place, ({ files }) => keepReserve(files));
      fillUp(machine);
      await run(machine, version, () => fillUp(machine));
    },
    { size: '512M' },
  );
}
