import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountsOf } from '../../src/domain/mountinfo.ts';
import { layersOfRoot, storeOfRoot } from '../../src/domain/store-of-root.ts';

const line = (root: string): string => `24 1 0:22 ${root} / rw,relatime shared:1 - btrfs /dev/vda rw,space_cache=v2`;
const storeAt = (...roots: readonly string[]) => storeOfRoot(mountsOf(roots.map(line).join('\n')));

test('what is mounted at / tells the store and the branch', () => {
  const expected = { device: '/dev/vda', directory: '/migrate', branch: 'trixie.2' };
  assert.deepEqual(storeAt('/migrate/volumes/system/branches/trixie.2'), expected);
  const deeper = { ...expected, directory: '/srv/volumes/system/branches/x/migrate' };
  assert.deepEqual(storeAt('/srv/volumes/system/branches/x/migrate/volumes/system/branches/trixie.2'), deeper);
  assert.deepEqual(storeAt('/@v1', '/migrate/volumes/system/branches/trixie.2'), expected);
});

test('a root of no store has none', () => {
  const others = ['/', '/@v1', '/volumes/system/branches/a', '/migrate/volumes/system/tags/a'];
  for (const root of [...others, '/migrate/volumes/system/branches/', '/migrate/volumes/system/branches/a/usr']) {
    assert.equal(storeAt(root), null, root);
  }
  assert.equal(storeOfRoot([]), null);
});

test('the upper directory of an overlay at / tells the store and the branch', () => {
  const upper = '/run/migrate/filesystem/migrate/volumes/system/branches/trixie.2/tree';
  const overlayAt = (options: string) =>
    layersOfRoot(mountsOf(`24 1 0:31 / / rw shared:1 - overlay system/branches/trixie.2 rw,${options}`));
  const expected = { directory: '/run/migrate/filesystem/migrate', branch: 'trixie.2' };
  assert.deepEqual(overlayAt(`lowerdir=0a/tree:../.empty,upperdir=${upper},workdir=/w`), expected);
  for (const other of [
    '/upper',
    upper.replace('/system/', '/data/'),
    upper.replace('/tree', '/work'),
    `${upper}/etc`,
  ]) {
    assert.equal(overlayAt(`lowerdir=/a,upperdir=${other},workdir=/w`), null, other);
  }
  assert.equal(overlayAt(`lowerdir=${upper}`), null);
  assert.equal(layersOfRoot(mountsOf(line('/migrate/volumes/system/branches/trixie.2'))), null);
});
