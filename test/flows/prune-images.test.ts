import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VersionRecord } from '../../src/domain/version.ts';
import { type Pruning, pruneVersions } from '../../src/flows/prune-versions.ts';
import { collectGarbage } from '../../src/flows/volumes/collect-garbage.ts';
import { holdObject } from '../../src/store/hold.ts';
import { objectAt, volumeNamed } from '../../src/store/ledger-state.ts';
import { makeObject } from '../../src/store/make-object.ts';
import { changeStore, readStore } from '../../src/store/open-store.ts';
import { decideImages } from '../../src/versions/prune-images.ts';
import { system } from '../storage/objects.ts';
import { storeKinds } from '../store/store-kinds.ts';
import { imageContent, type Machine, withMachine } from './staging/machine.ts';

/** Runs the body where four images were staged in turn, each in place of the one before. */
function withFour(body: (machine: Machine) => void | Promise<void>): Promise<void> {
  return withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    for (const number of [13, 14, 15, 16]) {
      const image = await machine.import(machine.image(`next-${number}`, imageContent(number)));
      machine.stage({ image, parent: 'debian-12.1' });
    }
    await body(machine);
  });
}

const images = (machine: Machine): string[] =>
  machine.objects().flatMap((name) => (/^debian-\d+@system/.test(name) ? [name.replace(/@.*/, '')] : []));

const going = ({ images: decided }: Pruning): string[] =>
  decided.flatMap(({ image, stays }) => (stays ? [] : [image.name]));

test('images of versions that others were staged in place of go, but for the newest; the base of what is armed stays', async () => {
  await withFour((machine) => {
    assert.deepEqual(images(machine), ['debian-12', 'debian-13', 'debian-14', 'debian-15', 'debian-16']);
    const dry = pruneVersions(machine.place, { keep: 2, dryRun: true });
    assert.deepEqual(going(dry), ['debian-14', 'debian-13']);
    assert.equal(images(machine).length, 5);
    const done = pruneVersions(machine.place, { keep: 2, dryRun: false });
    assert.deepEqual([done.removed, done.refused], [dry.removed, []]);
    assert.deepEqual(images(machine), ['debian-12', 'debian-15', 'debian-16']);
    pruneVersions(machine.place, { keep: 0, dryRun: false });
    assert.deepEqual(images(machine), ['debian-12', 'debian-16']);
    assert.deepEqual(machine.problems(), []);
    // What is armed is made of these two.
    assert.equal(machine.stage({ image: 'debian-16', parent: 'debian-12.1' }).version.base, 'debian-12');
  });
});

test('the image that the changes of a version were told from stays, be the version made or not', async () => {
  await withFour((machine) => {
    const armed = machine.stage({ image: 'debian-16', parent: 'debian-12.1' }).version;
    const stayingWith = (version: VersionRecord): readonly string[] => {
      const request = { versions: [version], going: [], keep: 0 };
      const decided = readStore(machine.place, (store) => decideImages(store.state, request));
      return decided.flatMap(({ image, stays }) => (stays ? [image.name] : []));
    };
    for (const state of ['armed', 'retired', 'failed'] as const)
      assert.deepEqual(stayingWith({ ...armed, state, base: 'debian-14' }), ['debian-16', 'debian-14', 'debian-12']);
  });
});

test('an image that somebody holds, or that a branch was made from, stays, with the reason', async () => {
  await withFour((machine) => {
    changeStore(machine.place, (store) => {
      const [held, base] = ['debian-13', 'debian-14'].map(
        (name) => objectAt(store.state, { volume: 'system', kind: 'tag', name })?.record,
      );
      const volume = volumeNamed(store.state, 'system');
      assert.ok(held !== undefined && base !== undefined && volume !== null);
      holdObject(store, held, 'remote:backup');
      makeObject(store, { volume, kind: 'branch', name: 'mine', from: base });
    });
    const { images: decided } = pruneVersions(machine.place, { keep: 0, dryRun: false });
    const why = (name: string) => decided.find(({ image }) => image.name === name)?.why;
    assert.deepEqual(why('debian-13'), ['it is held for remote:backup']);
    assert.deepEqual(why('debian-14'), ['the branch mine was made from it']);
    assert.deepEqual(images(machine), ['debian-12', 'debian-13', 'debian-14', 'debian-16']);
  });
});

test('volume gc leaves images to prune, and says so', async () => {
  await withFour(async (machine) => {
    const request = { directory: `${machine.top}/migrate`, storeKinds };
    const rules = { keepLast: 1, keepDays: null };
    const { tags } = await collectGarbage(system, { ...request, volume: null, rules, dryRun: false });
    const decided = tags.find(({ name }) => name === 'debian-14@system');
    const [unproven = '', ...others] = decided?.why ?? [];
    assert.match(unproven, /^version debian-16\.\d+ has not proven itself yet$/);
    assert.deepEqual(others, ['an image: migrate prune removes it where nothing refers to it']);
    assert.equal(images(machine).length, 5);
  });
});
