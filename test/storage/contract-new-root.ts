import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type NewRootSubject, newVersion, withMachine } from './new-root-machine.ts';
import { branch, system, tag, using } from './objects.ts';

/** What holds of every kind of storage in a pool that makes the root of a version from a snapshot of its image. */
export function newRootContract(subject: NewRootSubject): void {
  const unfinished = { ...newVersion, name: `${newVersion.name}.migrating` };

  test('a root starts as its image, has its name once it is committed, and is then a branch of the store', () =>
    withMachine(subject, ({ prepare, request, open, pool }) => {
      const before = pool?.natives().length ?? Number.NaN;
      const root = prepare();
      assert.equal(root.isCommitted(), false);
      const directory = root.open();
      assert.equal(readFileSync(join(directory, 'a'), 'utf8'), 'a\n');
      writeFileSync(join(directory, 'made'), 'made\n');
      assert.equal(system.mounts.find(request.root.device), null, 'what root= names is not there before the commit');
      root.commit();
      assert.equal(prepare().isCommitted(), true);
      assert.notEqual(system.mounts.find(request.root.device), null);
      assert.equal(pool?.natives().length, before + 1);
      const found = open();
      assert.deepEqual(
        found.list().filter(({ place }) => place.volume === newVersion.volume),
        [{ place: newVersion, sidecar: null }],
      );
      assert.equal(
        using(found, newVersion, (files) => files.read('/made')),
        'made\n',
      );
      assert.equal(
        using(found, tag('image'), (files) => files.status('/made')),
        null,
      );
      assert.deepEqual(found.bootLocation(newVersion)?.root, request.root);
      const again = prepare();
      assert.equal(
        readFileSync(join(again.openReadOnly(), 'made'), 'utf8'),
        'made\n',
        'what is committed is looked at',
      );
      again.close();
      found.remove(newVersion);
      assert.equal(system.mounts.find(request.root.device), null);
    }));

  test('one that was left unfinished is thrown away, by the next try or by falling back', () =>
    withMachine(subject, ({ prepare, pool, open, request }) => {
      const before = pool?.natives().length ?? Number.NaN;
      const first = prepare();
      writeFileSync(join(first.open(), 'half'), '');
      const again = prepare();
      const directory = again.open();
      assert.throws(() => readFileSync(join(directory, 'half')), { code: 'ENOENT' });
      assert.equal(pool?.natives().length, before + 1);
      // The store does not take it for the version, whose place is free.
      const roots = open()
        .list()
        .filter(({ place }) => place.volume === newVersion.volume);
      assert.deepEqual(roots, [{ place: unfinished, sidecar: null }]);
      assert.deepEqual(open().bootLocation(newVersion)?.root, request.root);
      prepare().discard();
      assert.equal(pool?.natives().length, before);
      assert.equal(again.isCommitted(), false);
    }));

  test('one that no boot goes on with is removed as an object of the store', () =>
    withMachine(subject, ({ prepare, pool, open, backend }) => {
      const before = pool?.natives();
      const root = prepare();
      root.open();
      root.close();
      open().remove(unfinished);
      assert.deepEqual(pool?.natives(), before);
      assert.deepEqual(
        backend.list().map(({ place }) => place),
        [branch('image'), tag('image')],
      );
    }));
}
