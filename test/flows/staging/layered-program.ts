// Run by layered-machine.test.ts with a /run and a /usr/sbin/mount.migrate of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import type { VersionRecord } from '../../../src/domain/version.ts';
import { fallBack } from '../../../src/flows/fall-back.ts';
import { migrateAtBoot } from '../../../src/flows/migrate-at-boot.ts';
import { readBootRequest } from '../../../src/flows/read-boot-request.ts';
import { stageReset } from '../../../src/flows/reset/stage-reset.ts';
import { bootEntry } from '../../../src/flows/staging/boot-entry.ts';
import { carryToVersion } from '../../../src/flows/staging/carry-to-version.ts';
import { importImage } from '../../../src/flows/staging/import-image.ts';
import { initMachine } from '../../../src/flows/staging/init-machine.ts';
import { leftOvers } from '../../../src/flows/staging/left-overs.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { type Staged, stageVersion } from '../../../src/flows/staging/stage-version.ts';
import { switchVersion } from '../../../src/flows/staging/switch-version.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { deepest } from '../../../src/storage/overlay/layers.ts';
import { overlayNewRoot } from '../../../src/storage/overlay/new-root-kind.ts';
import { checkStore } from '../../../src/store/fsck.ts';
import { objectAt, volumeNamed } from '../../../src/store/ledger-state.ts';
import { makeObject } from '../../../src/store/make-object.ts';
import { changeStore, readStore, type StorePlace } from '../../../src/store/open-store.ts';
import { removeObject } from '../../../src/store/remove-object.ts';
import type { Store } from '../../../src/store/store.ts';
import type { System } from '../../../src/system/system.ts';
import { readWholeVersions } from '../../../src/versions/records.ts';
import { system } from '../../storage/objects.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { type Content, fill, imageContent } from './machine.ts';

const storage = { newRoots: [overlayNewRoot], changeSources: [], storeKinds };
const events = { onMessage: () => undefined, onProgress: () => undefined, onPlan: () => undefined };
const quiet = { changeSources: [], choices: null, onProgress: () => undefined };

type Machine = { readonly top: string; readonly device: string; readonly place: StorePlace; readonly work: string };

const declared = 'volume app /etc/app class=config\nvolume db /var/lib/db class=state\nvolume srv /srv class=data\n';

/** Settings of three lines, far enough from each other to be merged. */
const settings = (port: number, log: number, colour: string): string =>
  `port ${port}\n\nuser www\n\nlog ${log}\n\n\ncolour ${colour}\n`;

/** An image that ships settings, of which each release has another line; of the state no image has anything. */
const release = (version: number, more: Content = {}): Content =>
  imageContent(version, {
    'etc/app/app.conf': settings(80, version, 'grey'),
    'etc/app/old': 'shipped\n',
    [`etc/app/new-${version}`]: 'of this release\n',
    ...more,
  });

const volumes: Content = {
  'etc/migrate/volumes.d/local.volume': declared,
  'etc/app/settings': 'first',
  'etc/app/app.conf': settings(80, 12, 'red'),
  'var/lib/db/rows': '1',
  'srv/data': 'data',
  'home/letter': 'letter',
};

await withFilesystem('ext4', async (top) => {
  const work = mkdtempSync('/run/work-');
  fill(top, release(12, { 'etc/hostname': 'atlas\n', ...volumes }));
  const device = execFileSync('findmnt', ['-no', 'SOURCE', top], { encoding: 'utf8' }).trim();
  const findKind = (name: string) => (name === 'overlay' ? overlayBackend : null);
  const machine = { top, device, work, place: { system, directory: bytesOfText(join(top, 'migrate')), findKind } };
  await isPutIntoStore(machine);
  await isUpdated(machine);
  await goesBackAndForward(machine);
  await foretells(machine);
  await isReset(machine);
  await failsClosed(machine);
  assert.deepEqual(problems(machine), []);
  execFileSync('umount', ['--recursive', '/run/migrate/filesystem']);
});
process.stdout.write('whole\n');

async function isPutIntoStore(machine: Machine): Promise<void> {
  const before = treeOf(machine.top);
  const init = (image: string | null) =>
    initMachine(system, {
      ...{ root: machine.top, host: 'atlas', storeKinds, declareVolumes: true },
      importBase: image === null ? null : () => importFrom(machine, image, 'twelve'),
    });
  await assert.rejects(init(null), { code: 'no-image' });
  assert.deepEqual(treeOf(machine.top), before);
  const { version, subvolume, volumes } = await init(fill(join(machine.work, 'twelve'), release(12)));
  assert.deepEqual(volumes?.declared, [{ name: 'home', mountPoint: '/home' }]);
  assert.deepEqual([version.id, version.base, version.state, subvolume], ['twelve.1', 'twelve', 'good', '/']);
  // Nothing else of the root was touched: it starts as before.
  const declarations = join(machine.top, 'etc/migrate/volumes.d/10-init.volume');
  assert.match(readFileSync(declarations, 'utf8'), /^volume home \/home class=data$/m);
  const others = (tree: string) => tree.split('\n').filter((line) => !line.startsWith('./etc/migrate/volumes.d'));
  assert.deepEqual(others(treeOf(machine.top)), others(before));
  assert.match(bootEntry(machine.place, version.id).commandLine, /^root=UUID=\S+ rw/);
  assert.doesNotMatch(bootEntry(machine.place, version.id).commandLine, /migrate/);
  await assert.rejects(init(join(machine.work, 'twelve')), { code: 'initialized' });
}

/** The first update takes over what was changed on the root that was there before, and its volumes. */
async function isUpdated(machine: Machine): Promise<void> {
  await importFrom(machine, fill(join(machine.work, 'thirteen'), release(13)), 'thirteen');
  const staged = stage(machine, 'thirteen', 'twelve.1');
  assert.deepEqual(boundariesIn(staged.plan), []);
  const fromFilesystem = lineOf(machine, staged.version.id).replace(
    /migrate\.old=\S+/,
    `migrate.old=${machine.device}`,
  );
  await fallsBackTo({ line: fromFilesystem, kernel: '6.12', mounted: 'Type=auto\nOptions=rw\n' });
  const id = await goTo(machine, staged);
  assert.match(
    bootEntry(machine.place, id).commandLine,
    new RegExp(`^root=UUID=\\S+ rootfstype=migrate rootflags=object=migrate/volumes/system/branches/${id} rw`),
  );
  looksLike(machine, id, { 'etc/hostname': 'atlas\n', 'etc/issue': 'Debian 13\n' });
  assert.equal(
    withMounted(machine, id, (directory) => statSync(directory).mode & 0o7777),
    0o755,
  );
  const unit = readFileIn(machine, id, 'etc/systemd/system.attached/etc-app.mount');
  assert.match(unit, new RegExp(`Type=migrate\nOptions=object=migrate/volumes/app/branches/${id}`));
  volumeLooksLike(machine, `app/${id}`, {
    'app.conf': settings(80, 13, 'red'),
    settings: 'first',
    'new-13': 'of this release\n',
  });
  volumeLooksLike(machine, `db/${id}`, { rows: '1' });
  // What is new and lies on nothing is a plain directory: overlayfs can lie on it.
  const branches = join(machine.top, 'migrate/volumes/srv/branches');
  assert.equal(readFileSync(join(branches, 'main/tree/data'), 'utf8'), 'data');
  assert.equal(readFileSync(join(branches, 'main/layers'), 'utf8'), 'migrate.layers/1\nend 0\n');
  assert.equal(readFileSync(join(machine.top, 'migrate/volumes/home/branches/main/tree/letter'), 'utf8'), 'letter');
  assert.match(readFileSync('/run/migrate/booted.json', 'utf8'), new RegExp(`"${id}","outcome":"migrated"`));
  // Of the store in the root from which it was made, only the place of it is carried.
  const carried = withMounted(machine, id, (directory) => readdirSync(join(directory, 'migrate')));
  assert.deepEqual(carried, []);
}

async function goesBackAndForward(machine: Machine): Promise<void> {
  await importFrom(machine, fill(join(machine.work, 'fourteen'), release(14)), 'fourteen');
  const [thirteen = ''] = idsOf(machine, 'thirteen');
  change(machine, thirteen, { 'etc/second': 'second' });
  withMounted(machine, `app/${thirteen}`, (directory) => {
    fill(directory, { 'app.conf': settings(8080, 13, 'red') });
    rmSync(join(directory, 'old'));
    linkSync(join(directory, 'settings'), join(directory, 'again'));
  });
  withMounted(machine, `db/${thirteen}`, (directory) => fill(directory, { rows: '2' }));
  const fourteen = await goTo(machine, stage(machine, 'fourteen', thirteen));
  looksLike(machine, fourteen, { 'etc/hostname': 'atlas\n', 'etc/issue': 'Debian 14\n', 'etc/second': 'second' });
  const merged = { 'app.conf': settings(8080, 14, 'red'), settings: 'first', 'new-14': 'of this release\n' };
  volumeLooksLike(machine, `app/${fourteen}`, merged);
  withMounted(machine, `app/${fourteen}`, (directory) => {
    assert.deepEqual(
      readdirSync(directory).sort(),
      ['again', 'app.conf', 'new-14', 'settings'],
      'the deleted stays so',
    );
    assert.equal(statSync(join(directory, 'again')).ino, statSync(join(directory, 'settings')).ino);
  });
  volumeLooksLike(machine, `db/${fourteen}`, { rows: '2' });
  // A rollback finds the settings as they were left.
  volumeLooksLike(machine, `app/${thirteen}`, { 'app.conf': settings(8080, 13, 'red'), 'new-13': 'of this release\n' });
  const back = switchVersion(machine.place, { direction: 'rollback', to: thirteen, from: fourteen, data: null });
  assert.equal(back.status, 'switched');
  markGood(machine.place, thirteen);
  change(machine, thirteen, { 'etc/carried': 'carried' });
  withMounted(machine, `app/${thirteen}`, (directory) => fill(directory, { 'app.conf': settings(8080, 13, 'blue') }));
  const carried = await goTo(
    machine,
    carryToVersion(machine.place, { direction: 'forward', to: fourteen, from: thirteen }, quiet),
  );
  looksLike(machine, carried, { 'etc/issue': 'Debian 14\n', 'etc/carried': 'carried', 'etc/second': 'second' });
  volumeLooksLike(machine, `app/${carried}`, { 'app.conf': settings(8080, 14, 'blue'), settings: 'first' });
  assert.throws(() => carryToVersion(machine.place, { direction: 'rollback', to: 'twelve.1', from: carried }, quiet), {
    code: 'not-layered',
  });
}

/** What the boot would refuse of the volumes is said before it is armed, and the boot refuses it where it came later. */
async function foretells(machine: Machine): Promise<void> {
  const [parent = ''] = idsOf(machine, 'fourteen').slice(-1);
  const other = { 'usr/lib/migrate/volumes.d/image.volume': 'volume db /var/lib/db class=data\n' };
  await importFrom(machine, fill(join(machine.work, 'sixteen'), release(16, other)), 'sixteen');
  const file = 'etc/migrate/volumes.d/local.volume';
  change(machine, parent, { [file]: declared.replace(/volume db.*\n/, '') });
  const refused = stage(machine, 'sixteen', parent);
  assert.deepEqual([refused.version.state, refused.waiting.map(({ key }) => key)], ['staged', ['volumes-refused:/']]);
  assert.match(refused.waiting[0]?.detail ?? '', /declares it as data, and the store has it as state/);
  change(machine, parent, { [file]: declared });
  await importFrom(machine, fill(join(machine.work, 'seventeen'), release(17)), 'seventeen');
  // As a boot leaves it that is cut off before the commit, of a version that nobody makes any more.
  const branches = join(machine.top, 'migrate/volumes/system/branches');
  execFileSync('cp', ['-a', join(branches, parent), join(branches, 'gone.9.migrating')]);
  const detail = 'a boot that was cut off has left it: it was making the root of gone.9';
  assert.deepEqual(readStore(machine.place, leftOvers), [{ what: 'system/gone.9.migrating', detail }]);
  keptApart(machine, parent);
  const { version, waiting } = stage(machine, 'seventeen', parent);
  assert.equal(existsSync(join(branches, 'gone.9.migrating')), false);
  assert.deepEqual([version.state, waiting], ['armed', []]);
  const line = lineOf(machine, version.id);
  change(machine, parent, { [file]: declared.replace('db /var/lib/db', 'rows /var/lib/db') });
  await assert.rejects(boot(line), { code: 'mount-point', message: /mounts the volume db at \/var\/lib\/db/ });
  assert.equal((await fallBack(bootSystem(line), storage.newRoots, 'a volume was renamed')).next, 'reboot');
  change(machine, parent, { [file]: declared });
  switchVersion(machine.place, { direction: 'rollback', to: parent, from: version.id, data: null });
  markGood(machine.place, parent);
}

/** As many tags as keep the layers of a volume apart that is branched as it is; without them the boot joins these. */
function keptApart(machine: Machine, parent: string): void {
  const names = Array.from({ length: deepest }, (_, index) => `apart-${index}`);
  for (const name of names) {
    withMounted(machine, `db/${parent}`, (directory) => fill(directory, { name }));
    changeStore(machine.place, (store) => makeTag(store, parent, name));
  }
  const { version, waiting } = stage(machine, 'seventeen', parent);
  assert.deepEqual([version.state, waiting.map(({ key }) => key)], ['staged', ['volumes-refused:/']]);
  assert.match(waiting[0]?.detail ?? '', /it lies on 64 layers, which are kept apart by .*db\/tags\/apart-/);
  for (const name of names) {
    changeStore(machine.place, (store) => {
      const tag = objectAt(store.state, { volume: 'db', kind: 'tag', name })?.record;
      assert.ok(tag !== undefined);
      removeObject(store, tag);
    });
  }
}

function makeTag(store: Store, parent: string, name: string): void {
  const [volume, from] = [
    volumeNamed(store.state, 'db'),
    objectAt(store.state, { volume: 'db', kind: 'branch', name: parent }),
  ];
  assert.ok(volume !== null && from !== null);
  makeObject(store, { volume, kind: 'tag', name, from: from.record });
}

/** The settings go back, then all but data; and back to what was before both. */
async function isReset(machine: Machine): Promise<void> {
  const [parent = ''] = idsOf(machine, 'fourteen').slice(-1);
  const staging = { ...quiet, arm: true, parent };
  const config = { ...staging, reset: { mode: 'config', keep: ['/etc/second'] }, image: null } as const;
  // It was made of what another version held, which came from this image.
  const again = await goTo(machine, stageReset(machine.place, config));
  assert.match(again, /^fourteen\.\d+$/);
  looksLike(machine, again, { 'etc/hostname': 'debian\n', 'etc/second': 'second' });
  volumeLooksLike(machine, `app/${again}`, { 'app.conf': settings(80, 14, 'grey'), old: 'shipped\n' });
  volumeLooksLike(machine, `db/${again}`, { rows: '2' });
  const system = { ...staging, parent: again, reset: { mode: 'system', keep: [] }, image: null } as const;
  const factory = await goTo(machine, stageReset(machine.place, system));
  withMounted(machine, factory, (root) => assert.ok(!existsSync(join(root, 'etc/second'))));
  withMounted(machine, `db/${factory}`, (rows) => assert.deepEqual(readdirSync(rows), []));
  volumeLooksLike(machine, 'srv/main', { data: 'data' });
  looksLike(machine, parent, { 'etc/hostname': 'atlas\n', 'etc/carried': 'carried' });
  switchVersion(machine.place, { direction: 'rollback', to: parent, from: factory, data: null });
  markGood(machine.place, parent);
}

/** An image that is not whole makes no root, and neither does a root under its name whose list is torn. */
async function failsClosed(machine: Machine): Promise<void> {
  await importFrom(machine, fill(join(machine.work, 'fifteen'), release(15)), 'fifteen');
  const [parent = ''] = idsOf(machine, 'fourteen').slice(-1);
  const { id } = stage(machine, 'fifteen', parent).version;
  const line = lineOf(machine, id);
  const list = join(machine.top, 'migrate/volumes/system/tags/fifteen/layers');
  const whole = readFileSync(list);
  const branches = join(machine.top, 'migrate/volumes/system/branches');
  for (const torn of [whole.subarray(0, -1), whole.subarray(0, 20), Buffer.from('')]) {
    writeFileSync(list, torn);
    await assert.rejects(boot(line), { code: 'bad-image' });
    assert.equal((await fallBack(bootSystem(line), storage.newRoots, 'the list is torn')).next, 'reboot');
    assert.deepEqual(
      readdirSync(branches).filter((name) => name.startsWith(id)),
      [],
    );
  }
  const ofParent = `Type=migrate\nOptions=rw,object=migrate/volumes/system/branches/${parent}\n`;
  await fallsBackTo({ line, kernel: '6.14', mounted: ofParent });
  writeFileSync(list, whole);
  const unfinished = await overlayNewRoot.prepare(requestOf(line), '/run/migrate', bootSystem(line));
  unfinished.open();
  assert.ok(existsSync(join(branches, `${id}.migrating/layers`)));
  assert.equal(mounts(machine, id), false, 'a root that was not committed');
  await boot(line);
  assert.deepEqual(
    readdirSync(branches)
      .filter((name) => name.startsWith(id))
      .sort(),
    [id, `${id}.json`],
  );
  assert.equal(mounts(machine, id), true);
  const root = join(branches, id, 'layers');
  const rootList = readFileSync(root);
  writeFileSync(root, rootList.subarray(0, -3));
  assert.equal(mounts(machine, id), false, 'a root whose list is torn');
  await assert.rejects(boot(line), { code: 'damaged-root' });
  writeFileSync(root, rootList);
}

type Fallen = { readonly line: string; readonly kernel: string; readonly mounted: string };

/** Where the previous root has modules for the kernel, this boot goes on with it: its own layers, or its filesystem. */
async function fallsBackTo({ line, kernel, mounted }: Fallen): Promise<void> {
  mkdirSync('/run/systemd/system', { recursive: true });
  const { commands, mounts, ...machine } = bootSystem(line);
  const systemctl: string[][] = [];
  const run: System['commands']['run'] = (program, args, options) => {
    if (program !== 'systemctl') return commands.run(program, args, options);
    systemctl.push([...args]);
    return { stdout: '', stderr: '' };
  };
  // Who runs the test has the filesystem mounted, writable, and ext4 is either that or not.
  const mount: typeof mounts.mount = (location, at, options) =>
    mounts.mount(location, at, location.object === undefined ? { ...options, writable: true } : options);
  const withModules = {
    ...machine,
    mounts: { ...mounts, mount },
    commands: { ...commands, run },
    kernelRelease: kernel,
  };
  assert.equal((await fallBack(withModules, storage.newRoots, 'the list is torn')).next, 'previous-root');
  assert.deepEqual(systemctl, [['daemon-reload']]);
  const unit = readFileSync('/run/systemd/system/sysroot.mount.d/zz-migrate-fallback.conf', 'utf8');
  assert.ok(unit.endsWith(`\n${mounted}`), unit);
  rmSync('/run/systemd', { recursive: true });
}

function requestOf(line: string) {
  return readBootRequest(bootSystem(line));
}

function importFrom(machine: Machine, source: string, name: string): Promise<string> {
  const request = { source, name, digest: null, signature: null, onProgress: () => undefined };
  return importImage(machine.place, { ...request, signal: new AbortController().signal }).then(({ tag }) => tag);
}

function stage(machine: Machine, image: string, parent: string): Staged {
  return stageVersion(machine.place, { ...quiet, image, parent, since: 'image', arm: true, force: false, reset: null });
}

/** The boot that makes a version, which then is good. */
async function goTo(machine: Machine, { version, waiting }: Staged): Promise<string> {
  assert.deepEqual(waiting, []);
  await boot(lineOf(machine, version.id));
  markGood(machine.place, version.id);
  return version.id;
}

function boot(line: string): Promise<void> {
  return migrateAtBoot(bootSystem(line), storage, events);
}

function bootSystem(line: string): System {
  const readFile = (path: string): string => (path === '/proc/cmdline' ? bytesOfText(line) : system.readFile(path));
  return { ...system, readFile };
}

function lineOf({ place, device }: Machine, id: string): string {
  // The loop device of a test has no link to it in /dev/disk.
  return bootEntry(place, id).commandLine.replaceAll(/UUID=[0-9a-f-]+/g, device);
}

function idsOf({ place }: Machine, image: string): string[] {
  const records = readStore(place, ({ files }): readonly VersionRecord[] => readWholeVersions(files));
  return records.filter(({ id }) => id.startsWith(image)).map(({ id }) => id);
}

/** Writes into a version's root as it does when it runs, by mount(8) with the words of its command line. */
function change(machine: Machine, id: string, content: Content): void {
  withMounted(machine, id, (directory) => fill(directory, content));
}

function looksLike(machine: Machine, id: string, content: Content): void {
  volumeLooksLike(machine, `system/${id}`, content);
}

/** A branch of a volume, as the unit of a version mounts it. */
function volumeLooksLike(machine: Machine, name: string, content: Content): void {
  withMounted(machine, name, (directory) => {
    for (const [path, text] of Object.entries(content)) assert.equal(readFileSync(join(directory, path), 'utf8'), text);
  });
}

function readFileIn(machine: Machine, id: string, path: string): string {
  return withMounted(machine, id, (directory) => readFileSync(join(directory, path), 'utf8'));
}

function mounts(machine: Machine, id: string): boolean {
  try {
    return withMounted(machine, id, () => true);
  } catch (error) {
    if (!(error instanceof Error) || !/mount\.migrate: cannot mount /.test(error.message)) throw error;
    return false;
  }
}

/** Mounts a root, or a branch of a volume: `VOLUME/BRANCH`. */
function withMounted<Result>({ device, work }: Machine, name: string, use: (directory: string) => Result): Result {
  const [volume, branch] = name.includes('/') ? name.split('/') : ['system', name];
  const directory = join(work, 'root');
  mkdirSync(directory, { recursive: true });
  const options = `object=migrate/volumes/${volume}/branches/${branch},rw`;
  execFileSync('mount', ['-t', 'migrate', '-o', options, device, directory], { stdio: 'pipe' });
  try {
    return use(directory);
  } finally {
    execFileSync('umount', [directory]);
    rmSync(directory, { recursive: true });
  }
}

function treeOf(top: string): string {
  return execFileSync('find', ['.', '-path', './migrate', '-prune', '-o', '-printf', '%p %y %i %s %m %T@\n'], {
    cwd: top,
    encoding: 'utf8',
  }).replace(/^\. .*\n/, '');
}

/** What the plan says is no part of the root. */
function boundariesIn({ items }: Staged['plan']): string[] {
  return items.map(({ key }) => key).filter((key) => key.startsWith('boundary'));
}

function problems({ place }: Machine): string[] {
  changeStore(place, () => undefined);
  return checkStore(place).findings.map(({ kind, what, detail }) => `${kind}: ${what}: ${detail}`);
}
