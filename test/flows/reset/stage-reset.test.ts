import '../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Reset } from '../../../src/domain/reset.ts';
import type { VersionRecord } from '../../../src/domain/version.ts';
import { type ResetRequest, stageReset } from '../../../src/flows/reset/stage-reset.ts';
import { armTotal } from '../../../src/flows/reset/total/arm-total.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import type { Staged } from '../../../src/flows/staging/stage-version.ts';
import { switchVersion } from '../../../src/flows/staging/switch-version.ts';
import { btrfsChanges } from '../../../src/storage/btrfs/change-source.ts';
import { boot, goTo, preview } from '../staging/boot-machine.ts';
import { type Content, fill, imageContent, type Machine, withMachine } from '../staging/machine.ts';

const first = 'debian-12.1';
const declared =
  'volume app /opt/app/etc class=config\nvolume db /var/lib/db class=state\nvolume srv /srv class=data\n';
const policy = 'persist /etc/machine-id class=identity\npersist /var/lib/db/id class=identity\n';

const release = (version: number): Content =>
  imageContent(version, {
    'etc/machine-id': 'uninitialized\n',
    'etc/app.conf': `of image ${version}\n`,
    'opt/app/etc/app.conf': `of image ${version}\n`,
    'var/lib/db/schema': `schema ${version}\n`,
    'var/lib/own': `of image ${version}\n`,
    'srv/readme': `of image ${version}\n`,
    'usr/lib/migrate/policy.d/image.policy': policy,
  });

/** What somebody made of it: in the root, and in each of the volumes. */
const used: Content = {
  'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  'etc/app.conf': 'mine\n',
  'etc/shadow-': 'secret\n',
  'var/lib/own': 'mine\n',
  'home/notes': 'mine\n',
};

type InUse = { readonly machine: Machine; readonly id: string };

/** A machine that has booted a version with its volumes, all of which were written to. */
async function withUsed(body: (inUse: InUse) => Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    fill(machine.root, { ...release(12), 'etc/migrate/volumes.d/local.volume': declared });
    await machine.init(machine.image('base', release(12)));
    const { id } = await goTo(machine, await machine.import(machine.image('second', release(13))), first);
    fill(machine.pathOf('branch', id), used);
    writeFileSync(inVolume(machine, id, 'app', 'app.conf'), 'mine\n');
    writeFileSync(inVolume(machine, id, 'app', 'own.conf'), 'mine\n');
    writeFileSync(inVolume(machine, id, 'db', 'rows'), 'mine\n');
    writeFileSync(inVolume(machine, id, 'db', 'id'), 'of this machine\n');
    writeFileSync(inVolume(machine, 'main', 'srv', 'film'), 'mine\n');
    await body({ machine, id });
  });
}

const inVolume = (machine: Machine, branch: string, volume: string, path: string): string =>
  join(machine.pathOf('branch', branch, volume), path);

function stage({ machine, id }: InUse, reset: Reset, request: Partial<ResetRequest> = {}): Staged {
  return stageReset(machine.place, {
    ...{ reset, image: null, parent: id, choices: null, arm: true },
    ...{ changeSources: [btrfsChanges], onProgress: () => undefined },
    ...request,
  });
}

/** Stages a reset and boots it; the three plans that there are of it say the same. */
async function resetTo(inUse: InUse, reset: Reset, request: Partial<ResetRequest> = {}): Promise<VersionRecord> {
  const { version, plan: predicted, waiting } = stage(inUse, reset, request);
  assert.deepEqual([version.state, waiting, version.reset], ['armed', [], reset]);
  if (reset.mode === 'total') armTotal(inUse.machine.place, version, { losses: [], isConfirmed: true });
  const { plan: shown } = await preview(inUse.machine, version.id);
  const { plan } = await boot(inUse.machine, version.id);
  assert.ok(plan !== null);
  // One that destroys everything leaves no names of what it has taken.
  assert.deepEqual(plan.decisions, reset.mode === 'total' ? [] : predicted.decisions);
  assert.deepEqual(shown.decisions, predicted.decisions);
  return inUse.machine.version(version.id);
}

test('cases 54, 74: a reset of the settings takes those of the image, in the root and in volumes of settings; state and data stay', async () => {
  await withUsed(async (inUse) => {
    const { machine, id } = inUse;
    const made = await resetTo(inUse, { mode: 'config', keep: [] });
    const read = (path: string, volume?: string, branch = made.id): string =>
      machine.read('branch', branch, path, volume);
    assert.deepEqual([made.image, made.parent, made.state], [machine.version(id).image, id, 'trial']);
    assert.deepEqual(made.bindings, { app: made.id, db: made.id, srv: 'main' });
    assert.equal(read('etc/app.conf'), 'of image 13\n');
    assert.equal(read('etc/machine-id'), 'uninitialized\n');
    assert.equal(read('etc/hostname'), 'debian\n');
    assert.ok(!existsSync(join(machine.pathOf('branch', made.id), 'etc/shadow-')));
    assert.equal(read('app.conf', 'app'), 'of image 13\n');
    assert.ok(!existsSync(inVolume(machine, made.id, 'app', 'own.conf')));
    assert.equal(read('var/lib/own'), 'mine\n');
    assert.equal(read('home/notes'), 'mine\n');
    assert.equal(read('rows', 'db'), 'mine\n');
    assert.equal(read('film', 'srv', 'main'), 'mine\n');
    assert.equal(read('etc/migrate/volumes.d/local.volume'), declared, 'else no data would be mounted');
    assert.deepEqual(machine.problems(), []);
  });
});

test('cases 54, 74: a reset of the system takes all of the image but data, and what is kept of it, also in volumes', async () => {
  await withUsed(async (inUse) => {
    const { machine, id } = inUse;
    const made = await resetTo(inUse, { mode: 'system', keep: ['identity'] });
    const read = (path: string, volume?: string, branch = made.id): string =>
      machine.read('branch', branch, path, volume);
    assert.deepEqual(made.bindings, { app: made.id, db: made.id, srv: 'main' });
    assert.equal(read('etc/app.conf'), 'of image 13\n');
    assert.equal(read('etc/machine-id'), used['etc/machine-id']);
    assert.equal(read('var/lib/own'), 'of image 13\n');
    assert.ok(!existsSync(join(machine.pathOf('branch', made.id), 'home/notes')));
    assert.equal(read('app.conf', 'app'), 'of image 13\n');
    assert.equal(read('schema', 'db'), 'schema 13\n');
    assert.equal(read('id', 'db'), 'of this machine\n');
    assert.ok(!existsSync(inVolume(machine, made.id, 'db', 'rows')));
    assert.equal(read('film', 'srv', 'main'), 'mine\n');
    // All of it is where it was, for the way back.
    assert.equal(read('rows', 'db', id), 'mine\n');
    assert.equal(read('etc/shadow-', 'system', id), 'secret\n');
    assert.deepEqual(machine.problems(), []);
  });
});

test('a reset of everything begins all volumes anew that the image declares, and mounts none that only the machine had', async () => {
  await withUsed(async (inUse) => {
    const { machine, id } = inUse;
    // What goes cannot keep it from going.
    fill(machine.pathOf('branch', id), {
      'etc/migrate/policy.d/local.policy': 'persist\n',
      'etc/migrate/volumes.d/more.volume': 'volume\n',
    });
    const own = 'volume app /opt/app/etc class=config\nvolume srv /srv class=data\n';
    const image = { ...release(14), 'usr/lib/migrate/volumes.d/image.volume': own };
    const named = await machine.import(machine.image('third', image));
    machine.stop();
    const made = await resetTo(inUse, { mode: 'total', keep: [] }, { image: named });
    assert.deepEqual(made.bindings, { app: made.id, srv: made.id });
    assert.equal(machine.read('branch', made.id, 'readme', 'srv'), 'of image 14\n');
    assert.ok(!existsSync(inVolume(machine, made.id, 'srv', 'film')));
    assert.ok(!existsSync(join(machine.pathOf('branch', made.id), 'etc/migrate')));
    assert.deepEqual(
      machine.versions().map((version) => version.id),
      [made.id],
    );
    assert.deepEqual(machine.problems(), []);
  });
});

test('case 75: a reset is undone by going back, and an update after one carries what was changed since', async () => {
  await withUsed(async (inUse) => {
    const { machine, id } = inUse;
    const made = await resetTo(inUse, { mode: 'system', keep: [] });
    markGood(machine.place, made.id);
    writeFileSync(join(machine.pathOf('branch', made.id), 'etc/app.conf'), 'after the reset\n');
    writeFileSync(inVolume(machine, made.id, 'db', 'rows'), 'after the reset\n');
    const next = await goTo(machine, await machine.import(machine.image('third', release(14))), made.id);
    assert.equal(machine.version(next.id).reset, null);
    assert.equal(machine.read('branch', next.id, 'etc/app.conf'), 'after the reset\n');
    assert.equal(machine.read('branch', next.id, 'rows', 'db'), 'after the reset\n');
    assert.equal(machine.read('branch', next.id, 'schema', 'db'), 'schema 14\n');
    switchVersion(machine.place, { direction: 'rollback', to: made.id, from: next.id, data: null });
    markGood(machine.place, made.id);
    const back = switchVersion(machine.place, { direction: 'rollback', to: id, from: made.id, data: null });
    assert.deepEqual([back.status, back.version.id, back.version.bindings['db']], ['switched', id, id]);
    assert.equal(machine.read('branch', id, 'etc/app.conf'), 'mine\n');
    assert.equal(machine.read('branch', id, 'rows', 'db'), 'mine\n');
  });
});

test('a reset goes back to an image as it was delivered, never to what a root was found with', async () => {
  await withMachine(async (machine) => {
    fill(machine.root, { 'etc/app.conf': 'mine\n' });
    await machine.init(null);
    const inUse = { machine, id: 'debian-12.1' };
    const before = machine.objects();
    const reset: Reset = { mode: 'system', keep: [] };
    assert.throws(() => stage(inUse, reset), { code: 'no-image', message: /what a root held, and no image/ });
    assert.throws(() => stage(inUse, reset, { image: 'found-debian-12.1' }), { code: 'no-image' });
    assert.deepEqual(machine.objects(), before);
    const image = await machine.import(machine.image('second', release(13)));
    const made = await resetTo(inUse, reset, { image });
    assert.equal(machine.read('branch', made.id, 'etc/app.conf'), 'of image 13\n');
  });
});

test('case 76: a machine whose /etc was deleted goes back to the settings of its image', async () => {
  await withUsed(async (inUse) => {
    const { machine, id } = inUse;
    rmSync(join(machine.pathOf('branch', id), 'etc'), { recursive: true });
    const made = await resetTo(inUse, { mode: 'config', keep: ['identity', '/etc/own/**'] });
    assert.equal(machine.read('branch', made.id, 'etc/app.conf'), 'of image 13\n');
    assert.equal(machine.read('branch', made.id, 'var/lib/own'), 'mine\n');
    // Nothing says any more where these were mounted; their branches stay with the version before.
    assert.deepEqual(made.bindings, {});
    assert.equal(machine.read('branch', 'main', 'film', 'srv'), 'mine\n');
    assert.deepEqual(machine.version(id).bindings, { app: id, db: id, srv: 'main' });
  });
});

test('a pattern keeps what it names in a volume of settings, with what the image has of it', async () => {
  await withUsed(async (inUse) => {
    const made = await resetTo(inUse, { mode: 'config', keep: ['/opt/app/etc/own.*'] });
    assert.equal(inUse.machine.read('branch', made.id, 'own.conf', 'app'), 'mine\n');
    assert.equal(inUse.machine.read('branch', made.id, 'app.conf', 'app'), 'of image 13\n');
  });
});

test('case 129: rules of the machine that cannot be read are named, and the settings go back without them', async () => {
  await withUsed(async (inUse) => {
    const { machine, id } = inUse;
    fill(machine.pathOf('branch', id), { 'etc/migrate/policy.d/local.policy': 'persist\n' });
    const image = await machine.import(machine.image('third', release(14)));
    assert.throws(() => machine.stage({ image, parent: id }), { code: 'policy-syntax' });
    const reset: Reset = { mode: 'config', keep: ['identity'] };
    const { plan } = stage(inUse, reset, { arm: false });
    const [item] = plan.items.filter(({ key }) => key === 'policy-unread:/');
    assert.match(item?.detail ?? '', /local.policy, line 1/);
    const made = await resetTo(inUse, reset);
    assert.equal(machine.read('branch', made.id, 'etc/machine-id'), used['etc/machine-id']);
    assert.ok(!existsSync(join(machine.pathOf('branch', made.id), 'etc/migrate/policy.d')));
    assert.equal(machine.read('branch', made.id, 'rows', 'db'), 'mine\n');
  });
});

test('a class that no rule has stages nothing, and neither does an update to the image that runs', async () => {
  await withUsed((inUse) => {
    const { machine, id } = inUse;
    const before = [machine.objects(), machine.versions()];
    assert.throws(() => stage(inUse, { mode: 'config', keep: ['identiy'] }), { code: 'unknown-class' });
    assert.throws(() => machine.stage({ image: machine.version(id).image, parent: id }), { code: 'same-image' });
    assert.deepEqual([machine.objects(), machine.versions()], before);
    return Promise.resolve();
  });
});
