import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { keepReserve } from '../../../../src/flows/reset/reserve.ts';
import { changeStore } from '../../../../src/store/open-store.ts';
import { boot, lineOf } from '../../staging/boot-machine.ts';
import { type Machine, withMachine } from '../../staging/machine.ts';
import { askForTotal, resetOf, whereSecretIs, withSecrets } from './secrets.ts';

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
  await withMachine(
    async (machine) => {
      const before = await withSecrets(machine);
      changeStore(machine.place, ({ files }) => keepReserve(files));
      fillUp(machine);
      const id = askForTotal(machine, before);
      const line = lineOf(machine, id);
      fillUp(machine);
      await boot(machine, id, undefined, line);
      assert.equal(resetOf(machine)?.state, 'done');
      assert.deepEqual(whereSecretIs(machine), []);
    },
    { size: '512M' },
  );
});
