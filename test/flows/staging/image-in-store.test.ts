import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemVolume } from '../../../src/domain/version.ts';
import { imageInStore } from '../../../src/flows/staging/image-in-store.ts';
import { importImage } from '../../../src/flows/staging/import-image.ts';
import { trustedDirectories } from '../../../src/images/trust/trusted-keys.ts';
import { objectAt } from '../../../src/store/ledger-state.ts';
import { makeObject } from '../../../src/store/make-object.ts';
import { changeStore, type StorePlace } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { system } from '../../storage/objects.ts';
import { imageContent, type Machine, withMachine } from './machine.ts';

const nothing = { digest: null, signature: null, name: null };

/** A machine with an image in its store that came without a signature, and a directory for keys. */
async function withImage(body: (machine: Machine, image: string, keys: string) => void | Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const image = await machine.import(machine.image('next', imageContent(13)));
    await body(machine, image, join(machine.work, 'trusted.d'));
  });
}

function makeKey(keys: string, name: string): void {
  mkdirSync(keys, { recursive: true });
  minisign('-G', '-W', '-f', '-p', join(keys, `${name}.pub`), '-s', join(keys, `${name}.key`));
}

function minisign(...args: readonly string[]): void {
  execFileSync('minisign', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The system of a machine whose keys lie in that directory. */
function withKeys(keys: string): System {
  const moved = (path: string): string => path.replace(trustedDirectories[0] ?? '', keys);
  return {
    ...system,
    exists: (path) => system.exists(moved(path)),
    openRoot: (path, options) => system.openRoot(moved(path), options),
    readFile: (path) => system.readFile(moved(path)),
  };
}

test('an image that is in the store is asked what one that comes is asked', async () => {
  await withImage(({ place }, source) => {
    assert.equal(imageInStore(place, { ...nothing, source }), source);
    assert.equal(imageInStore(place, { ...nothing, source: 'none' }), null);
    const refused = (asked: object, code: string): void =>
      assert.throws(() => imageInStore(place, { ...nothing, source, ...asked }), { code });
    refused({ digest: `sha256:${'0'.repeat(64)}` }, 'image-mismatch');
    refused({ digest: 'sha256:0' }, 'digest-syntax');
    refused({ signature: '/nowhere' }, 'image-known');
    refused({ name: 'other' }, 'image-known');
  });
});

test('an image that came before a key was installed is not staged by its name', async () => {
  await withImage(({ place }, source, keys) => {
    const machine = { ...place, system: withKeys(keys) };
    assert.equal(imageInStore(machine, { ...nothing, source }), source, 'no key is installed');
    makeKey(keys, 'vendor');
    assert.throws(() => imageInStore(machine, { ...nothing, source }), { code: 'image-untrusted' });
  });
});

test('an image that was signed is staged by its name, and no more where the key is taken back', async () => {
  await withImage(async (machine, _, keys) => {
    makeKey(keys, 'vendor');
    const place = { ...machine.place, system: withKeys(keys) };
    const archive = join(machine.work, 'signed.tar');
    execFileSync('tar', ['-C', machine.image('signed', imageContent(14)), '-cf', archive, '.']);
    minisign('-S', '-s', join(keys, 'vendor.key'), '-m', archive);
    const digest = `sha256:${createHash('sha256').update(readFileSync(archive)).digest('hex')}`;
    const hooks = { onProgress: () => undefined, signal: new AbortController().signal };
    const { tag: source } = await importImage(place, { ...nothing, ...hooks, source: archive, name: 'signed' });
    assert.equal(imageInStore(place, { ...nothing, source, digest }), source);
    makeKey(keys, 'other');
    assert.equal(imageInStore(place, { ...nothing, source }), source);
    rmSync(join(keys, 'vendor.pub'));
    const refused = (message: RegExp, of = source): void =>
      assert.throws(() => imageInStore(place, { ...nothing, source: of }), { code: 'image-untrusted', message });
    refused(/with a signature by a key that is not$/);
    const early = tagWithoutKey(place, source);
    refused(/with a signature by a key that was not recorded$/, early);
  });
});

/** A tag of the same, as one that came when only the signer was noted. */
function tagWithoutKey(place: StorePlace, source: string): string {
  return changeStore(place, (store) => {
    const from = objectAt(store.state, { volume: systemVolume, kind: 'tag', name: source })?.record;
    const volume = [...store.state.volumes.values()].find(({ record }) => record.name === systemVolume)?.record;
    assert.ok(from !== undefined && volume !== undefined);
    const { key, ...notes } = from.notes;
    assert.ok(key !== undefined && notes['signer'] !== undefined);
    return makeObject(store, { volume, kind: 'tag', name: 'early', from, notes }).name;
  });
}

test('a directory of keys that cannot be looked into is no directory without keys', async () => {
  await withImage(({ place }, source, keys) => {
    symlinkSync('/nowhere/trusted.d', keys);
    const dangling = { ...place, system: withKeys(keys) };
    assert.throws(() => imageInStore(dangling, { ...nothing, source }), /trusted\.d/);
    const looped = join(keys, '..', 'loop');
    symlinkSync('loop', looped);
    const machine = { ...place, system: withKeys(looped) };
    assert.throws(() => imageInStore(machine, { ...nothing, source }), /loop/);
    const below = { ...place, system: withKeys(join(looped, 'trusted.d')) };
    assert.throws(() => imageInStore(below, { ...nothing, source }), { code: 'unreadable' });
  });
});
