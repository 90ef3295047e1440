import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { originOf } from '../../../src/domain/origin.ts';
import { systemVolume } from '../../../src/domain/version.ts';
import type { ObjectRecord, VolumeRecord } from '../../../src/domain/volume.ts';
import { imageInStore } from '../../../src/flows/staging/image-in-store.ts';
import { importImage } from '../../../src/flows/staging/import-image.ts';
import { receiveTag } from '../../../src/flows/transfer/receive-tag.ts';
import { makeVolume } from '../../../src/store/make-volume.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import type { PutRequest } from '../../../src/transfer/peer.ts';
import type { StoreSandbox } from '../../store/store-sandbox.ts';
import { capture, inPieces } from './captured.ts';
import { findingsIn, hooks, never, objectOf, outcomeOf, put, withPeer, withTwoStores } from './two-stores.ts';

// Images in memory: what is tested is what is believed of a tag, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

/** The volume of images and roots of a store, which is made where it has none. */
function systemOf({ place }: StoreSandbox): VolumeRecord {
  return changeStore(place, (store) => makeVolume(store, { name: systemVolume, class: 'system' }));
}

/** The tag as one of another volume, which says of itself what it likes. */
function planted(request: PutRequest, volume: VolumeRecord, notes: ObjectRecord['notes']): PutRequest {
  const object = { ...request.object, volume: volume.uuid, notes: { purpose: 'image', ...notes } };
  return { ...request, volume, object, origin: null };
}

test('nobody who may send gets a tag into the volume of images and roots of the store that serves', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    const volume = systemOf(b);
    const before = b.state();
    await withPeer(b, async (peer) => {
      const changed = (request: PutRequest): PutRequest =>
        planted(request, volume, { digest: `sha256:${'0'.repeat(64)}` });
      const answer = await put(a, peer, { tag: 'monday@db', format: 'btrfs', changed });
      assert.equal(outcomeOf(answer), 'denied');
      const renamed = await put(a, peer, {
        ...{ tag: 'monday@db', format: 'btrfs' },
        changed: (request) => ({ ...changed(request), volume: { ...volume, name: 'other' } }),
      });
      assert.equal(outcomeOf(renamed), 'denied', 'whatever it calls the volume');
      assert.equal(outcomeOf(await put(a, peer, { tag: 'monday@db', format: 'btrfs' })), 'monday@here+db');
    });
    assert.deepEqual(
      b.state().filter((one) => one.includes(systemVolume)),
      before,
    );
    assert.deepEqual(findingsIn(b), []);
  });
});

test('a tag that was fetched is no image of this machine, whatever it says of itself', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    const directory = join(a.directory, '..', 'image');
    for (const part of ['etc', 'usr/lib']) mkdirSync(join(directory, part), { recursive: true });
    writeFileSync(join(directory, 'etc/os-release'), 'ID=debian\nVERSION_ID=13\n');
    const watch = { signal: never, onProgress: () => undefined };
    const asked = { ...watch, source: directory, name: 'monday', digest: null, signature: null };
    await importImage(a.place, asked);
    const nothing = { digest: null, signature: null, name: null };
    assert.equal(imageInStore(a.place, { ...nothing, source: 'monday' }), 'monday', 'its own is one');
    const { tree } = objectOf(a, 'monday@system').notes;
    assert.ok(tree !== undefined);

    const { request, bytes } = await capture(a, 'monday@db', 'btrfs');
    const forged = planted(request, systemOf(b), { tree });
    await receiveTag(b.place, forged, () => inPieces(bytes), hooks);
    assert.equal(objectOf(b, 'monday@system').notes['tree'], tree);
    assert.equal(imageInStore(b.place, { ...nothing, source: 'monday' }), null);
    assert.equal(imageInStore(b.place, { ...nothing, source: 'tuesday' }), null);
    await assert.rejects(importImage(b.place, asked), { code: 'exists' });
    assert.deepEqual(findingsIn(b), []);
  });
});

test('case 123: of which branch a tag is, its notes do not say: nothing becomes the head of a branch past the comparison', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    await withPeer(b, async (peer) => {
      await put(a, peer, { tag: 'monday@db', format: 'btrfs' });
      const known = objectOf(b, 'monday@here+db').notes;
      const { branch = '', branchUuid = '', source = '' } = known;
      const notes = { branch, branchUuid, source, sourceOrder: '999' };
      const answer = await put(a, peer, {
        ...{ tag: 'tuesday@db', format: 'btrfs' },
        changed: (request) => ({ ...request, origin: null, object: { ...request.object, notes } }),
      });
      assert.equal(outcomeOf(answer), 'tuesday@here+db');
    });
    assert.equal(originOf(objectOf(b, 'tuesday@here+db')), null);
    assert.ok(originOf(objectOf(b, 'monday@here+db')) !== null);
    assert.deepEqual(findingsIn(b), []);
  });
});
