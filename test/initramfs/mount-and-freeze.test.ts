import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { overlayBackend } from '../../src/storage/overlay/backend.ts';
import { createStore } from '../../src/store/create-store.ts';
import { objectAt, volumeNamed } from '../../src/store/ledger-state.ts';
import { makeObject } from '../../src/store/make-object.ts';
import { makeVolume } from '../../src/store/make-volume.ts';
import { changeStore, readStore, type StorePlace } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { sleep } from '../../src/system/sleep.ts';
import type { System } from '../../src/system/system.ts';
import { branch, contentOf, system, tag } from '../storage/objects.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { placeOf } from '../versions/store-of-versions.ts';

/** Mounts, says so, and writes once it is told to, as a service does whose volume was mounted while a tag was made. */
const service = `
set -eu
mount -t tmpfs tmpfs /run
mkdir /run/at
sh "$script" "$device" /run/at -o "object=migrate/volumes/data/$object"
: > "$signs/mounted"
until [ -e "$signs/go" ]; do sleep 0.05; done
[ "$object" != branches/main ] || echo late > /run/at/late
`;

const script = join(import.meta.dirname, '..', '..', 'initramfs', 'mount.migrate');

/** Longer than a mount takes that nothing keeps from it. */
const enoughToMount = 3000;

type Machine = { readonly place: StorePlace; readonly device: string; readonly signs: string };

/** A store with a branch that lies on a layer, and has changes of its own. */
async function withMachine(body: (machine: Machine) => Promise<void>): Promise<void> {
  const signs = mkdtempSync(join(tmpdir(), 'migrate-signs-'));
  try {
    await withFilesystem('ext4', async (top) => {
      const place = placeOf(overlayBackend, join(top, 'migrate'));
      mkdirSync(join(top, 'migrate'));
      createStore(system, place.directory, { kind: overlayBackend, host: 'test' });
      changeStore(place, (store) => {
        makeVolume(store, { name: 'data', class: 'data' });
        makeFromMain(store, 'branch', 'main');
        write(store, 'early');
        makeFromMain(store, 'tag', 'first');
        write(store, 'more');
      });
      const device = execFileSync('findmnt', ['-no', 'SOURCE', top], { encoding: 'latin1' }).trim();
      await body({ place, device, signs });
    });
  } finally {
    rmSync(signs, { recursive: true });
  }
}

function makeFromMain(store: Store, kind: 'branch' | 'tag', name: string): void {
  const volume = volumeNamed(store.state, 'data');
  assert.ok(volume !== null);
  makeObject(store, { volume, kind, name, from: objectAt(store.state, branch('main'))?.record ?? null });
}

function write({ backend }: Store, name: string): void {
  backend.withContent(branch('main'), { writable: true }, (at) => writeFileSync(join(at, name), name));
}

/** Starts the service, and waits for what it mounts, for a while. */
function startService({ device, signs }: Pick<Machine, 'device' | 'signs'>, object: string): Promise<unknown[]> {
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', service];
  const env = { PATH: process.env['PATH'], script, device, signs, object };
  const ended = once(spawn('unshare', args, { env, stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  for (let waited = 0; waited < enoughToMount && !existsSync(join(signs, 'mounted')); waited += 50) sleep(50);
  return ended;
}

/** Has the service start when whoever makes a tag has seen that the branch is not mounted, and goes on making a layer of it. */
function racing({ device, signs }: Machine): { readonly through: System; readonly service: Promise<unknown[]>[] } {
  const started: Promise<unknown[]>[] = [];
  const readFile: System['readFile'] = (path) => {
    if (path === '/proc/sys/kernel/random/uuid') {
      started.push(startService({ device, signs }, 'branches/main'));
    }
    return system.readFile(path);
  };
  return { through: { ...system, readFile }, service: started };
}

/** Which of the branch and the tag, made by `makeTag` meanwhile, have what the service wrote. */
async function whatIsLate(
  machine: Machine,
  makeTag: (place: StorePlace) => void,
): Promise<{ readonly mountedMeanwhile: boolean; readonly late: readonly string[] }> {
  const { through, service } = racing(machine);
  makeTag({ ...machine.place, system: through });
  const mountedMeanwhile = existsSync(join(machine.signs, 'mounted'));
  writeFileSync(join(machine.signs, 'go'), '');
  assert.deepEqual(await Promise.all(service), [[0, null]]);
  const late = readStore(machine.place, ({ backend }) =>
    [branch('main'), tag('second')]
      .filter((place) => contentOf(backend, place).children.has('late'))
      .map(({ kind }) => kind),
  );
  return { mountedMeanwhile, late };
}

test('a branch of which a tag is made is mounted after that, and the tag does not change', () =>
  withMachine(async (machine) => {
    const found = await whatIsLate(machine, (place) =>
      changeStore(place, (store) => makeFromMain(store, 'tag', 'second')),
    );
    assert.deepEqual(found, { mountedMeanwhile: false, late: ['branch'] });
  }));

test('without the lock of the store it is mounted meanwhile, and the tag goes on changing', () =>
  withMachine(async (machine) => {
    const found = await whatIsLate(machine, ({ directory, system: through }) =>
      overlayBackend.open(directory, through).snapshot(branch('main'), tag('second'), '{}'),
    );
    assert.deepEqual(found, { mountedMeanwhile: true, late: ['branch', 'tag'] });
  }));

test('a tag that is mounted from the store is not removed', () =>
  withMachine(async (machine) => {
    const ended = startService(machine, 'tags/first');
    assert.ok(existsSync(join(machine.signs, 'mounted')));
    const remove = (): void => readStore(machine.place, ({ backend }) => backend.remove(tag('first')));
    assert.throws(remove, { code: 'busy' });
    writeFileSync(join(machine.signs, 'go'), '');
    assert.deepEqual(await ended, [0, null]);
    remove();
  }));
