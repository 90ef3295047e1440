// Run by room-for-volumes.test.ts with a /run of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { migrateAtBoot } from '../../../src/flows/migrate-at-boot.ts';
import type { Progress } from '../../../src/flows/progress.ts';
import { bootEntry } from '../../../src/flows/staging/boot-entry.ts';
import { importImage } from '../../../src/flows/staging/import-image.ts';
import { initMachine } from '../../../src/flows/staging/init-machine.ts';
import { measureFilling } from '../../../src/flows/staging/measure-filling.ts';
import {
  foreseeVersion,
  type Staged,
  type StageRequest,
  stageVersion,
} from '../../../src/flows/staging/stage-version.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { overlayNewRoot } from '../../../src/storage/overlay/new-root-kind.ts';
import { checkStore } from '../../../src/store/fsck.ts';
import { changeStore, readStore, type StorePlace } from '../../../src/store/open-store.ts';
import { readWholeVersions } from '../../../src/versions/records.ts';
import { system } from '../../storage/objects.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { type FilesystemKind, withFilesystem } from '../../system/loop-filesystem.ts';
import { fill, imageContent } from './machine.ts';

const mebibyte = 2 ** 20;

type Machine = { readonly top: string; readonly place: StorePlace; readonly work: string; readonly parent: string };

/** A machine on layers, with an image `next` to be staged; nothing mounts its /home yet. */
async function withMachine(
  { kind, size }: { readonly kind: FilesystemKind; readonly size: string },
  body: (machine: Machine) => void | Promise<void>,
): Promise<void> {
  await withFilesystem(
    kind,
    async (top) => {
      const work = mkdtempSync('/run/work-');
      fill(top, imageContent(12, { 'home/letter': 'letter\n', 'etc/hostname': 'atlas\n' }));
      const findKind = (name: string) => (name === 'overlay' ? overlayBackend : null);
      const place = { system, directory: bytesOfText(join(top, 'migrate')), findKind };
      const importFrom = (version: number, name: string): Promise<string> => {
        const source = fill(join(work, name), imageContent(version));
        const request = { source, name, digest: null, signature: null, onProgress: () => undefined };
        return importImage(place, { ...request, signal: new AbortController().signal }).then(({ tag }) => tag);
      };
      const { version } = await initMachine(system, {
        ...{ root: top, host: 'atlas', storeKinds, declareVolumes: true },
        importBase: () => importFrom(12, 'first'),
      });
      await importFrom(13, 'next');
      await body({ top, place, work, parent: version.id });
      changeStore(place, () => undefined);
      assert.deepEqual(checkStore(place).findings, []);
    },
    { size },
  );
}

function stage(machine: Machine, more: Partial<StageRequest> = {}): Staged {
  return stageVersion(machine.place, requestOf(machine, more));
}

function requestOf({ parent }: Machine, more: Partial<StageRequest> = {}): StageRequest {
  const quiet = { changeSources: [], choices: null, onProgress: () => undefined };
  return { ...quiet, image: 'next', parent, since: 'image', arm: true, force: false, reset: null, ...more };
}

/** Content that no filesystem makes smaller. */
function fillWith(path: string, mebibytes: number): void {
  execFileSync('dd', ['if=/dev/urandom', `of=${path}`, 'bs=1M', `count=${mebibytes}`, 'conv=fsync'], { stdio: 'pipe' });
}

function freeIn(directory: string): number {
  const text = execFileSync('stat', ['--file-system', '--format=%f %S', directory], { encoding: 'utf8' });
  const [blocks = 0, size = 0] = text.split(' ').map(Number);
  return blocks * size;
}

async function boot({ top, place }: Machine, id: string): Promise<void> {
  const device = execFileSync('findmnt', ['-no', 'SOURCE', top], { encoding: 'utf8' }).trim();
  // The loop device of a test has no link to it in /dev/disk.
  const line = bootEntry(place, id).commandLine.replaceAll(/UUID=[0-9a-f-]+/g, device);
  const readFile = (path: string): string => (path === '/proc/cmdline' ? bytesOfText(line) : system.readFile(path));
  const storage = { newRoots: [overlayNewRoot], changeSources: [], storeKinds };
  const quiet = { onMessage: () => undefined, onProgress: () => undefined, onPlan: () => undefined };
  await migrateAtBoot({ ...system, readFile }, storage, quiet);
  execFileSync('umount', ['--recursive', '/run/migrate/filesystem']);
}

/** What stage says stops the boot, which is not armed. */
function foretold(machine: Machine, key: string): string {
  const { version, waiting, plan } = stage(machine);
  assert.deepEqual([version.state, waiting.map((item) => item.key)], ['staged', [key]]);
  assert.ok(plan.summary.items.error === 1);
  const armed = readStore(machine.place, ({ files }) => readWholeVersions(files)).filter(
    ({ state }) => state === 'armed',
  );
  assert.deepEqual(armed, []);
  // Looking ahead says the same.
  const { plan: foreseen } = foreseeVersion(machine.place, requestOf(machine));
  assert.ok(foreseen.items.some((item) => item.key === key));
  return waiting[0]?.detail ?? '';
}

await withMachine({ kind: 'ext4', size: '320M' }, async (machine) => {
  const { top } = machine;
  fillWith(join(top, 'home/film'), 120);
  fill(top, { 'var/cache/one': '' });
  fillWith(join(top, 'var/cache/one'), Math.floor(freeIn(top) / mebibyte) - 100);
  const free = Math.floor(freeIn(top) / mebibyte);
  const detail = foretold(machine, 'no-space:/');
  const [, needed, entries, where, there] =
    /^The boot needs (\d+) MiB in (\d+) files and directories in the filesystem of (\S+), where (\d+) MiB and \d+ inodes are free: 121 MiB in 3 files and directories for \/home, which the volume home begins with; /.exec(
      detail,
    ) ?? [];
  assert.ok(Number(needed) >= 121 && Number(needed) < 130 && Number(entries) > 3, detail);
  assert.equal(where, join(top, 'migrate'));
  assert.ok(Math.abs(Number(there) - free) <= 2, `${detail} ${free}`);
  assert.match(detail, /\. Make room there \(migrate prune, .*, or declare no volume for it, and stage it again$/);
  // Room that comes by less to fill, and by more to fill it into.
  truncateSync(join(top, 'home/film'), 60 * mebibyte);
  assert.equal(stage(machine).version.state, 'armed');
  fillWith(join(top, 'home/film'), 120);
  rmSync(join(top, 'var/cache/one'));
  const phases: Progress['phase'][] = [];
  const { version } = stage(machine, { onProgress: ({ phase }) => phases.push(phase) });
  assert.equal(version.state, 'armed');
  assert.ok(phases.includes('measure'));
  await boot(machine, version.id);
  const filled = join(top, 'migrate/volumes/home/branches/main/tree');
  assert.equal(statSync(join(filled, 'film')).size, 120 * mebibyte);
  assert.equal(readFileSync(join(filled, 'letter'), 'latin1'), 'letter\n');
});

// Inodes run out too.
await withMachine({ kind: 'ext4', size: '64M' }, (machine) => {
  const { top } = machine;
  const inodes = (): number => Number(execFileSync('stat', ['--file-system', '--format=%d', top]));
  const script = 'i=0; while [ $i -lt "$1" ]; do : > "home/$i"; i=$((i + 1)); done';
  execFileSync('sh', ['-c', script, 'sh', String(Math.ceil(inodes() / 2) + 10)], { cwd: top });
  assert.match(foretold(machine, 'no-space:/'), /MiB in \d+ files and directories .* inodes are free/);
});

// What a copy takes is what du(1) counts, and no more is asked for.
await withMachine({ kind: 'ext4', size: '640M' }, ({ top, place }) => {
  const home = join(top, 'home');
  fill(home, { 'deep/er/file': 'x'.repeat(5000), 'deep/small': 'x', empty: '' });
  writeFileSync(join(home, 'sparse'), 'begin');
  truncateSync(join(home, 'sparse'), 2 ** 30);
  fillWith(join(home, 'large'), 3);
  linkSync(join(home, 'large'), join(home, 'deep/again'));
  const size = readStore(place, (store) => {
    const files = system.openRoot(system.directory(top));
    try {
      return measureFilling({ files, path: '/home' }, { store, within: '', onEntries: () => undefined });
    } finally {
      files.close();
    }
  });
  const du = (...options: string[]): number =>
    Number(execFileSync('du', ['--summarize', ...options, home], { encoding: 'utf8' }).split('\t')[0]);
  assert.deepEqual(size, { bytes: du('--block-size=1'), entries: du('--inodes') });
});

// Where the copy shares its extents, nothing is asked.
await withMachine({ kind: 'xfs', size: '512M' }, async (machine) => {
  fillWith(join(machine.top, 'home/film'), Math.floor(freeIn(machine.top) / mebibyte / 2) + 40);
  assert.ok(freeIn(machine.top) < statSync(join(machine.top, 'home/film')).size);
  const { version } = stage(machine);
  assert.equal(version.state, 'armed');
  await boot(machine, version.id);
  const film = join(machine.top, 'migrate/volumes/home/branches/main/tree/film');
  execFileSync('cmp', [film, join(machine.top, 'home/film')]);
});

// Case 121: layers of containers cannot be content of layers; it is said before the boot.
await withMachine({ kind: 'ext4', size: '256M' }, (machine) => {
  const home = join(machine.top, 'home');
  fill(home, { 'ann/storage/layer/file': 'file\n' });
  const whiteout = join(home, 'ann/storage/layer/gone');
  execFileSync('mknod', [whiteout, 'c', '0', '0']);
  const refused = (what: RegExp): void => assert.match(foretold(machine, 'volumes-refused:/'), what);
  refused(
    /^Cannot fill a volume with \/home\/ann\/storage\/layer\/gone: it is a whiteout, as in the layers of containers/,
  );
  rmSync(whiteout);
  execFileSync('setfattr', ['-n', 'trusted.overlay.opaque', '-v', 'y', join(home, 'ann/storage/layer')]);
  refused(/with \/home\/ann\/storage\/layer: it is marked trusted\.overlay\.opaque/);
  execFileSync('setfattr', ['-x', 'trusted.overlay.opaque', join(home, 'ann/storage/layer')]);
  // What podman keeps without being root are attributes like any other.
  execFileSync('setfattr', ['-n', 'user.overlay.opaque', '-v', 'y', join(home, 'ann/storage/layer')]);
  assert.equal(stage(machine).version.state, 'armed');
});

process.stdout.write('whole\n');
