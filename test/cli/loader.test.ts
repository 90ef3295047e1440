import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrate } from './run-migrate.ts';
import { withVersions } from './stores.ts';

const nowhere = { environment: { MIGRATE_STORE: '/run/no-store-there' } };

test('migrate loader reconcile --if-set does nothing on a machine without a store; without the option it is refused', () => {
  const nothing = migrate(['loader', 'reconcile', '--if-set'], nowhere);
  assert.deepEqual(nothing, { status: 0, stdout: 'No loader is known: nothing to do\n', stderr: '' });
  const { status, stdout } = migrate(['loader', 'reconcile', '--if-set', '--json'], nowhere);
  assert.deepEqual(
    [status, JSON.parse(stdout)],
    [0, { schema: 'migrate.reconciled/1', state: null, failed: null, committed: null, uncounted: null, notes: [] }],
  );
  const refused = migrate(['loader', 'reconcile'], nowhere);
  assert.deepEqual([refused.status, refused.stdout], [2, '']);
  assert.match(refused.stderr, /^migrate: There is no store in \/run\/no-store-there/);
});

test('migrate loader reconcile --if-set tells of a store that is damaged', () => {
  withVersions([], (store) => {
    writeFileSync(join(store, 'store.json'), '{');
    const { status, stderr } = migrate(['loader', 'reconcile', '--if-set'], { environment: { MIGRATE_STORE: store } });
    assert.notEqual(status, 0);
    assert.match(stderr, /store\.json is not what migrate writes there/);
  });
});

test('migrate loader set takes each number of starts that it names, and no other', () => {
  withVersions([], (store) => {
    const set = (tries: string) =>
      migrate(['loader', 'set', 'grub', '/no-directory-there', '--tries', tries], {
        environment: { MIGRATE_STORE: store },
      });
    for (const tries of ['1', '2', '3']) assert.match(set(tries).stderr, /\/no-directory-there/);
    for (const tries of ['0', '4', '']) assert.match(set(tries).stderr, /--tries .* is none of "1", "2", "3"/);
  });
});
