import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../src/domain/failure.ts';
import { dropVersion } from '../../../src/flows/staging/drop-version.ts';
import type { BackendKind } from '../../../src/storage/backend.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { volumeNamed } from '../../../src/store/ledger-state.ts';
import { makeObject } from '../../../src/store/make-object.ts';
import { makeVolume } from '../../../src/store/make-volume.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { madeFor } from '../../../src/versions/carry-out-bindings.ts';
import { imageContent, type Machine, withMachine } from './machine.ts';

/** Storage on which something that is not ours rests on the objects of a name, as a snapshot does on ZFS. */
function neededKind(name: string): BackendKind {
  const open: BackendKind['open'] = (...place) => {
    const backend = btrfsBackend.open(...place);
    const remove: typeof backend.remove = (object, options) => {
      if (object.volume === name)
        throw new Failure({ code: 'needed', kind: 'failed', message: `${name}@hourly was not made here` });
      backend.remove(object, options);
    };
    return { ...backend, remove };
  };
  return { ...btrfsBackend, open };
}

/** What a boot has made for a version that did not come to say so. */
function makeBranches(machine: Machine, id: string): void {
  changeStore(machine.place, (store) => {
    for (const name of ['home', 'srv']) {
      makeVolume(store, { name, class: 'data' });
      const volume = volumeNamed(store.state, name);
      assert.ok(volume !== null);
      makeObject(store, { volume, kind: 'branch', name: 'main', from: null, notes: { [madeFor]: id } });
    }
  });
}

test('a version is dropped without the branch that the storage needs for something else', async () => {
  await withMachine(async (machine) => {
    const { version: first } = await machine.init(machine.image('base', imageContent(12)));
    const image = await machine.import(machine.image('next', imageContent(13)));
    const { version } = machine.stage({ image, parent: first.id });
    makeBranches(machine, version.id);
    const place = { ...machine.place, findKind: () => neededKind('home') };
    changeStore(place, (store) => dropVersion(store, version));
    assert.deepEqual(
      machine.versions().map(({ id }) => id),
      [first.id],
    );
    const left = machine.objects();
    assert.ok(left.includes('home/main'));
    assert.ok(!left.some((object) => object.startsWith('srv/')));
    assert.ok(!left.some((object) => object.includes(version.id)));
    assert.deepEqual(machine.problems(), []);
  });
});
