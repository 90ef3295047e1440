import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapperPath, volumeOfMapper } from '../../src/domain/device-mapper.ts';

test('a volume and its node tell each other, hyphens in both names too', () => {
  const nodes: readonly [string, string, string][] = [
    ['vg0', 'root', '/dev/mapper/vg0-root'],
    ['my-group', 'a-b-c', '/dev/mapper/my--group-a--b--c'],
    ['vg0', 'migrate_0a.migrating', '/dev/mapper/vg0-migrate_0a.migrating'],
  ];
  for (const [group, name, path] of nodes) {
    assert.equal(mapperPath({ group, name }), path);
    assert.deepEqual(volumeOfMapper(path), { group, name });
  }
  for (const path of ['/dev/mapper/control', '/dev/sda1', 'UUID=1-2', '/dev/mapper/a-b-c', '/dev/mapper/'])
    assert.equal(volumeOfMapper(path), null, path);
});
