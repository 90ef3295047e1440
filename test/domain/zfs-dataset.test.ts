import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datasetOfDevice, deviceOfDataset, isPlainDataset, poolOfDataset } from '../../src/domain/zfs-dataset.ts';

test('a dataset and what names it on a command line tell each other, and its pool', () => {
  for (const name of ['tank/ROOT/debian', 'tank/ROOT/debian@install', 'tank']) {
    assert.equal(datasetOfDevice(deviceOfDataset(name)), name);
    assert.equal(poolOfDataset(name), 'tank');
  }
  for (const device of ['/dev/sda1', 'UUID=1-2', 'tank/ROOT']) assert.equal(datasetOfDevice(device), null, device);
});

test('a name with a blank, a comma or a quote is none that a command line holds as it is', () => {
  assert.ok(isPlainDataset('tank/ROOT/system.trixie.2-0a1b2c3d4e5f@image_1:x'));
  for (const name of ['tank/my root', 'tank/a,b', 'tank/"', '']) assert.ok(!isPlainDataset(name), name);
});
