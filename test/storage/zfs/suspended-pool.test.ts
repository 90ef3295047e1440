import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import { prepareZfs } from '../../../src/storage/zfs/new-root.ts';
import { withMachine } from '../new-root-machine.ts';
import { system } from '../objects.ts';
import { failingPool, withFailingPool } from './failing-pool.ts';
import { makeDatasetOnce, nativesIn } from './test-pool.ts';

const store = `${failingPool}/store`;
const subject = { kind: () => ({ ...zfsBackend, pool: makeDatasetOnce(store) }), prepare: prepareZfs };

test('case 124: of a pool that is suspended nobody says that there is no root, and nothing is discarded', () =>
  withFailingPool((pool) =>
    withMachine(subject, (machine) => {
      const root = machine.prepare();
      writeFileSync(join(root.open(), 'made'), 'made\n');
      root.commit();
      const natives = nativesIn(store);
      const { device } = machine.request.root;
      system.withTemporaryDirectory((directory) => {
        system.mounts.mount(machine.request.root, directory, { writable: true });
        writeFileSync(join(directory, 'later'), 'later\n');
        pool.fail();
        try {
          const suspended = { code: 'command', message: /pool I\/O is currently suspended/ };
          assert.throws(() => system.mounts.find(device), suspended);
          assert.throws(() => root.isCommitted(), suspended);
          assert.throws(() => root.discard(), suspended);
          assert.throws(() => root.open(), suspended);
          assert.throws(() => machine.prepare(), suspended);
          assert.throws(() => system.mounts.waitForAny([device], 1), suspended);
        } finally {
          pool.mend();
          system.mounts.unmount(directory);
        }
      });
      assert.equal(machine.prepare().isCommitted(), true);
      assert.deepEqual(nativesIn(store), natives);
    }),
  ));
