import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { VersionRecord } from '../../../src/domain/version.ts';
import { bindVolumesAtBoot } from '../../../src/flows/bind-volumes-at-boot.ts';
import { recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { leftOvers, removeLeftOvers } from '../../../src/flows/staging/left-overs.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { volumeNamed } from '../../../src/store/ledger-state.ts';
import { makeObject } from '../../../src/store/make-object.ts';
import { changeStore, readStore } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { fillingPurpose } from '../../../src/versions/carry-out-bindings.ts';
import { cutSystem } from '../../store/cut-system.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { type Content, commitRoot, fill, imageContent, inInitramfs, type Machine, withMachine } from './machine.ts';

const first = 'debian-12.1';
const units = 'etc/systemd/system.attached';
const declared = 'volume app /etc/app class=config\nvolume db /var/lib/db class=state\nvolume srv /srv class=data\n';
const declaration: Content = { 'etc/migrate/volumes.d/local.volume': declared };
/** Settings and state, which a migration carries into the new root; data it leaves where it is. */
const carried: Content = { 'etc/app/settings': 'first\n', 'var/lib/db/rows': '1\n' };
const firstContent: Content = { ...carried, 'srv/data': 'people\n' };

async function withOld(body: (machine: Machine, image: string) => Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    fill(machine.root, { ...declaration, ...firstContent });
    await body(machine, await machine.import(machine.image('next', imageContent(13))));
  });
}

/** What the boot has migrated, before its commit: the image with the declarations and the settings of the old root. */
function migrated(machine: Machine, { image }: VersionRecord, content: Content): string {
  const result = join(machine.top, 'result');
  if (existsSync(result)) execFileSync('btrfs', ['-q', 'subvolume', 'delete', result]);
  execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', machine.pathOf('tag', image), result]);
  return fill(result, content);
}

function bind(machine: Machine, { id }: VersionRecord, old: string, through?: System): Promise<string[]> {
  const roots = { old, result: join(machine.top, 'result'), migrated: [], toFill: [] };
  return bindVolumesAtBoot(inInitramfs(machine, through), storeKinds, { store: machine.store, version: id }, roots);
}

/** Stages, migrates, binds and commits a version of the image, and has it proven good. */
async function goThrough(
  machine: Machine,
  { image, parent, content }: { image: string; parent: string; content: Content },
) {
  const { version } = machine.stage({ image, parent });
  const request = { store: machine.store, version: version.id };
  await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'migrating' });
  migrated(machine, version, content);
  const notes = await bind(machine, version, machine.pathOf('branch', parent));
  commitRoot(machine, version, content);
  assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'committed' }), null);
  markGood(machine.place, version.id);
  return { version: machine.version(version.id), notes };
}

test('case 120: volumes that are declared for the first time hold what the old root had there, whatever their class', async () => {
  await withOld(async (machine, image) => {
    execFileSync('chown', ['7:8', join(machine.root, 'srv')]);
    const content = { ...declaration, ...carried };
    const { version, notes } = await goThrough(machine, { image, parent: first, content });
    assert.deepEqual(version.bindings, { app: version.id, db: version.id, srv: 'main' });
    assert.equal(machine.read('branch', version.id, 'settings', 'app'), 'first\n');
    assert.equal(machine.read('branch', version.id, 'rows', 'db'), '1\n');
    assert.equal(machine.read('branch', 'main', 'data', 'srv'), 'people\n');
    const owner = execFileSync('stat', ['--format', '%u:%g', machine.pathOf('branch', 'main', 'srv')], {
      encoding: 'utf8',
    });
    assert.equal(owner, '7:8\n');
    assert.deepEqual(notes, [
      `volume app: branch ${version.id} at /etc/app`,
      'volume srv: branch main at /srv',
      `volume db: branch ${version.id} at /var/lib/db`,
    ]);
    const held = machine.objects().filter((name) => name.endsWith(`version:${version.id}`));
    for (const name of [`app/${version.id}`, `db/${version.id}`, 'srv/main']) {
      assert.ok(held.includes(`${name} version:${version.id}`), `${name}: ${held.join()}`);
    }
    assert.deepEqual(machine.problems(), []);
  });
});

test('case 108: the next version has branches of its own of settings and state, and the same data', async () => {
  await withOld(async (machine, image) => {
    const { version } = await goThrough(machine, { image, parent: first, content: { ...declaration, ...carried } });
    writeFileSync(join(machine.pathOf('branch', version.id, 'app'), 'settings'), 'second\n');
    writeFileSync(join(machine.pathOf('branch', 'main', 'srv'), 'data'), 'newer\n');
    const other = await machine.import(machine.image('other', imageContent(14)));
    const only = { 'etc/migrate/volumes.d/local.volume': declared.replace(/volume db.*\n/, '') };
    const { version: later, notes } = await goThrough(machine, { image: other, parent: version.id, content: only });
    assert.deepEqual(later.bindings, { app: later.id, srv: 'main' });
    assert.deepEqual(notes.at(-1), 'volume db is declared no more, and nothing mounts it');
    writeFileSync(join(machine.pathOf('branch', later.id, 'app'), 'settings'), 'third\n');
    assert.equal(machine.read('branch', version.id, 'settings', 'app'), 'second\n');
    assert.equal(machine.read('branch', 'main', 'data', 'srv'), 'newer\n');
    assert.equal(machine.read('branch', version.id, 'rows', 'db'), '1\n');
    assert.deepEqual(machine.problems(), []);
  });
});

test('case 120: a volume that is new inside another one starts with what that one held there', async () => {
  await withOld(async (machine, image) => {
    const { version } = await goThrough(machine, { image, parent: first, content: { ...declaration, ...carried } });
    fill(machine.pathOf('branch', 'main', 'srv'), { 'pg/rows': 'in the volume\n' });
    const other = await machine.import(machine.image('other', imageContent(14)));
    const more = { 'etc/migrate/volumes.d/local.volume': `${declared}volume pg /srv/pg class=state\n` };
    const { version: later } = await goThrough(machine, { image: other, parent: version.id, content: more });
    assert.equal(machine.read('branch', later.id, 'rows', 'pg'), 'in the volume\n');
    assert.deepEqual(machine.problems(), []);
  });
});

test('case 121: what a volume cannot start with is named, and the layers of containers keep their whiteouts', async () => {
  await withOld(async (machine, image) => {
    const at = (name: string): string => join(machine.root, 'srv', name);
    execFileSync('btrfs', ['-q', 'subvolume', 'create', at('images')]);
    execFileSync('mknod', [at('gone'), 'c', '0', '0']);
    // As overlayfs itself marks a directory that was made anew, and one that was renamed.
    fill(at(''), { 'layer/moved/file': 'file\n' });
    const marks = [
      [at('layer'), 'trusted.overlay.opaque', 'y'],
      [at('layer/moved'), 'trusted.overlay.redirect', '/before'],
    ] as const;
    for (const [path, name, value] of marks) execFileSync('setfattr', ['-n', name, '-v', value, path]);
    execFileSync('chattr', ['+a', at('layer/moved')]);
    const bindSocket = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
    execFileSync('python3', ['-c', bindSocket, at('socket')]);
    execFileSync('chattr', ['+i', at('')]);
    const { notes } = await goThrough(machine, { image, parent: first, content: { ...declaration, ...carried } });
    assert.deepEqual(
      notes.filter((note) => note.startsWith('in a new branch')),
      [
        'in a new branch, /srv/images: another subvolume is there, which is not copied',
        'in a new branch, /srv/socket: it is a socket, which is not copied',
        'in a new branch, /srv: its flags that forbid changes are not kept',
      ],
    );
    assert.equal(machine.read('branch', 'main', 'data', 'srv'), 'people\n');
    const made = execFileSync('stat', ['--format', '%F %t:%T', join(machine.pathOf('branch', 'main', 'srv'), 'gone')]);
    assert.equal(made.toString(), 'character special file 0:0\n');
    for (const [path, name, value] of marks) {
      const copy = path.replace(at(''), join(machine.pathOf('branch', 'main', 'srv'), '/'));
      assert.equal(execFileSync('getfattr', ['--only-values', '-n', name, copy], { encoding: 'utf8' }), value, copy);
    }
    assert.deepEqual(machine.problems(), []);
  });
});

test('the units in the root mount the branches, are required, and systemd takes them', async () => {
  await withOld(async (machine, image) => {
    const { version } = machine.stage({ image, parent: first });
    const result = migrated(machine, version, declaration);
    await bind(machine, version, machine.pathOf('branch', first));
    const unit = readFileSync(join(result, units, 'srv.mount'), 'utf8');
    assert.match(
      unit,
      /^What=\/dev\/\S+\nWhere=\/srv\nType=btrfs\nOptions=subvol=\/migrate\/volumes\/srv\/branches\/main$/m,
    );
    assert.equal(readlinkSync(join(result, units, 'local-fs.target.requires/etc-app.mount')), '../etc-app.mount');
    const names = ['srv.mount', 'etc-app.mount', 'var-lib-db.mount'].map((name) => join(result, units, name));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...names], { encoding: 'utf8' });
    assert.deepEqual([status, stderr.split('\n').filter((line) => line.includes(units))], [0, []], stderr);
  });
});

test('case 120: a mount point that is reached through a link is refused before the commit, and nothing is bound', async () => {
  for (const side of ['old', 'result'] as const) {
    await withOld(async (machine, image) => {
      const { version } = machine.stage({ image, parent: first });
      const result = migrated(machine, version, declaration);
      const root = side === 'old' ? machine.root : result;
      rmSync(join(root, 'srv'), { recursive: true, force: true });
      mkdirSync(join(root, 'elsewhere'));
      symlinkSync('elsewhere', join(root, 'srv'));
      await assert.rejects(bind(machine, version, machine.root), {
        code: 'mount-point',
        message: /at \/srv: \/srv is no directory/,
      });
      assert.deepEqual(machine.version(version.id).bindings, {});
      assert.ok(!existsSync(join(result, units, 'srv.mount')));
    });
  }
});

test('branches of a version that failed before its root was committed are a left-over; those of another are none', async () => {
  await withOld(async (machine, image) => {
    const { version } = machine.stage({ image, parent: first });
    const request = { store: machine.store, version: version.id };
    await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'migrating' });
    migrated(machine, version, { ...declaration, ...carried });
    await bind(machine, version, machine.root);
    // The next boot makes it again, or has committed it and not come to say so.
    assert.deepEqual(readStore(machine.place, leftOvers), []);
    await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'failed', reason: 'cut off' });
    commitRoot(machine, version, declaration);
    assert.deepEqual(readStore(machine.place, leftOvers), []);
    execFileSync('btrfs', ['-q', 'subvolume', 'delete', machine.pathOf('branch', version.id)]);
    const removed = changeStore(machine.place, removeLeftOvers);
    const names = [`app/${version.id}`, `db/${version.id}`, 'srv/main'];
    assert.deepEqual(removed.map(({ what }) => what).sort(), names);
    assert.ok(removed.every(({ problem }) => problem === null));
    assert.ok(machine.objects().every((name) => !names.includes(name)));
    assert.deepEqual(machine.problems(), []);
    const other = await machine.import(machine.image('other', imageContent(14)));
    const content = { ...declaration, ...carried };
    const { version: later } = await goThrough(machine, { image: other, parent: first, content });
    assert.equal(later.bindings['srv'], 'main');
    assert.deepEqual(readStore(machine.place, leftOvers), []);
  });
});

test('branches of a version that another replaces go with it, where the store was not told of the boot that made them', async () => {
  await withOld(async (machine, image) => {
    const { version } = machine.stage({ image, parent: first });
    migrated(machine, version, { ...declaration, ...carried });
    await bind(machine, version, machine.root);
    const names = [`app/${version.id}`, `db/${version.id}`, 'srv/main'];
    const there = (): string[] => machine.objects().filter((name) => names.some((one) => name.startsWith(one)));
    assert.equal(there().length, 3);
    // Its root may be there, and have been used.
    commitRoot(machine, version, declaration);
    const { version: second, replaced } = machine.stage({ image, parent: first });
    assert.deepEqual(replaced, [version.id]);
    assert.equal(there().length, 3);
    migrated(machine, second, { ...declaration, ...carried });
    await bind(machine, second, machine.root);
    assert.deepEqual(Object.keys(machine.version(second.id).bindings).sort(), ['app', 'db', 'srv']);
    const made = (): string[] => machine.objects().filter((name) => name.includes(`/${second.id}`));
    assert.equal(made().length, 3);
    machine.stage({ image, parent: first });
    assert.deepEqual(made(), []);
    assert.deepEqual(readStore(machine.place, leftOvers), []);
    const others = machine.problems().filter((problem) => !problem.includes(version.id));
    assert.deepEqual(others, []);
  });
});

test('a branch whose filling was cut off is a left-over', async () => {
  await withOld(async (machine, image) => {
    await goThrough(machine, { image, parent: first, content: { ...declaration, ...carried } });
    changeStore(machine.place, (store) => {
      const volume = volumeNamed(store.state, 'srv');
      assert.ok(volume !== null);
      makeObject(store, { volume, kind: 'branch', name: 'x.filling', from: null, notes: { purpose: fillingPurpose } });
    });
    const removed = changeStore(machine.place, removeLeftOvers);
    assert.deepEqual(
      removed.map(({ what, problem }) => [what, problem]),
      [['srv/x.filling', null]],
    );
    assert.deepEqual(machine.problems(), []);
  });
});

test('killed before any changing call and done again, the volumes are whole and there is nothing else', async () => {
  await withOld(async (machine, image) => {
    let at = 1;
    for (let isOver = false; !isOver; at += 1) {
      const { version } = machine.stage({ image, parent: first });
      // Of what an earlier version was given, and no boot has used, nothing is left.
      const left = machine.objects().filter((name) => !/^system\/|@system/.test(name));
      assert.deepEqual(left, [], `call ${at}`);
      migrated(machine, version, declaration);
      const { system, isDead } = cutSystem({ at, moment: 'before' });
      await bind(machine, version, machine.root, system).catch((error) => {
        if (!isDead()) throw error;
      });
      isOver = !isDead();
      // The result of a boot that was cut off is made anew, and what was in use meanwhile has changed.
      migrated(machine, version, { ...declaration, ...carried, 'etc/app/settings': `at ${at}\n` });
      fill(machine.root, { 'srv/data': `people ${at}\n` });
      if (isOver) break;
      await bind(machine, version, machine.root);
      const { id } = version;
      assert.equal(machine.read('branch', id, 'settings', 'app'), `at ${at}\n`, `call ${at}`);
      assert.deepEqual(machine.version(id).bindings, { app: id, db: id, srv: 'main' }, `call ${at}`);
      assert.equal(machine.read('branch', 'main', 'data', 'srv'), `people ${at}\n`, `call ${at}`);
      assert.ok(
        machine.objects().every((name) => !name.includes('filling')),
        machine.objects().join(),
      );
      assert.deepEqual(machine.problems(), [], `call ${at}`);
    }
    assert.ok(at > 20, `only ${at} calls`);
  });
});
