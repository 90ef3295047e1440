import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/domain/failure.ts';
import { replaceBranch } from '../../../src/flows/transfer/replace-branch.ts';
import { volumeOf } from '../../../src/store/ledger-state.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { objectOf, withTwoStores } from './two-stores.ts';

// Images in memory: what is tested is what becomes of a branch, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

for (const kind of ['btrfs', 'overlay'] as const) {
  test(`on ${kind}, where no branch can be made of what was fetched, the one that was there is there again`, async (context) => {
    await withTwoStores([kind, 'overlay'], (a) => {
      a.write('db/main', 'file', 'what it holds');
      const [tag, old] = [objectOf(a, 'monday@db'), objectOf(a, 'db/main')];
      const replace = (): void =>
        changeStore(a.place, (store) => {
          const { backend } = store;
          const snapshot = backend.snapshot.bind(backend);
          context.mock.method(backend, 'snapshot', (...given: Parameters<typeof snapshot>) => {
            const [from] = given;
            if (from.name === 'monday') throw new Failure({ code: 'no-space', kind: 'failed', message: 'It is full' });
            return snapshot(...given);
          });
          try {
            replaceBranch(store, { volume: volumeOf(store.state, tag), name: 'main', tag });
          } finally {
            context.mock.restoreAll();
          }
        });
      assert.throws(replace, (error) => {
        assert.ok(error instanceof Failure);
        assert.deepEqual([error.code, error.message], ['no-space', 'Cannot replace db/main: It is full']);
        assert.match(error.advice ?? '', /^db\/main holds what it did, and so does the tag pulled\+\d+@db$/);
        return true;
      });
      assert.notEqual(objectOf(a, 'db/main').uuid, old.uuid);
      assert.equal(a.read('db/main', 'file'), 'what it holds');
      assert.deepEqual(a.problems(), []);
      return Promise.resolve();
    });
  });
}
