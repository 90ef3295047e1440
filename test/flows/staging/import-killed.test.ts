import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pruneVersions } from '../../../src/flows/prune-versions.ts';
import { leftOvers, removeLeftOvers } from '../../../src/flows/staging/left-overs.ts';
import { examineStore } from '../../../src/flows/volumes/check-store.ts';
import { changeStore, readStore } from '../../../src/store/open-store.ts';
import { system } from '../../storage/objects.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { imageContent, type Machine, withMachine } from './machine.ts';

/** A squashfs of so many files that it can be killed in the middle of them, and 8 MiB that cannot be packed. */
function squashfs(machine: Machine): string {
  const source = machine.image('large', imageContent(13));
  mkdirSync(join(source, 'many'));
  for (let count = 0; count < 8000; count++) writeFileSync(join(source, 'many', `${count}`), `${count}`);
  execFileSync('dd', ['if=/dev/urandom', `of=${join(source, 'large')}`, 'bs=1M', 'count=8'], { stdio: 'pipe' });
  const image = join(machine.work, 'large.squashfs');
  execFileSync('mksquashfs', [source, image, '-quiet', '-no-progress', '-noI', '-noD', '-noF'], { stdio: 'pipe' });
  return image;
}

/** An import that gets SIGKILL as soon as it has unpacked something. */
async function killImport(machine: Machine, image: string): Promise<void> {
  const script = join(import.meta.dirname, 'import-and-wait.ts');
  const args = [script, join(machine.top, 'migrate'), image];
  const program = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(program, 'exit');
  await once(program.stdout, 'data');
  program.kill('SIGKILL');
  assert.deepEqual(await ended, [null, 'SIGKILL']);
}

const scratchOf = (machine: Machine): string => join(machine.top, 'migrate/unpacking');
const isMounted = (machine: Machine): boolean => readFileSync('/proc/mounts', 'utf8').includes(scratchOf(machine));

/** The copy of the image with the mount of it, and the branch. */
function assertLeft(machine: Machine): void {
  assert.equal(readdirSync(scratchOf(machine)).length, 1);
  assert.equal(isMounted(machine), true);
  assert.deepEqual(
    readStore(machine.place, leftOvers).map(({ what }) => what.replace(/\d+$/, 'N')),
    ['system/unpacking-N', scratchOf(machine)],
  );
}

function assertClean(machine: Machine): void {
  assert.deepEqual(readdirSync(scratchOf(machine)), []);
  assert.equal(isMounted(machine), false);
  assert.deepEqual([readStore(machine.place, leftOvers), machine.problems()], [[], []]);
}

const removers: Readonly<Record<string, (machine: Machine, image: string) => Promise<unknown>>> = {
  prune: ({ place }) => Promise.resolve(pruneVersions(place, { keep: 3, dryRun: false })),
  'volume fsck --repair': ({ top }) =>
    examineStore(system, { directory: join(top, 'migrate'), storeKinds, repair: true }),
  stage: (machine, image) => machine.import(image, 'large'),
};

test('case 65: what an import of a squashfs leaves that was killed is named, and each command that tidies up removes it', async () => {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const image = squashfs(machine);
    for (const remove of Object.values(removers)) {
      await killImport(machine, image);
      assertLeft(machine);
      await remove(machine, image);
      assertClean(machine);
    }
  });
});

test('what another import has there right now is left to it', async () => {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const copy = join(scratchOf(machine), 'migrate-copy1');
    mkdirSync(copy);
    writeFileSync(join(copy, 'image'), 'half');
    const other = system.openRoot(join(machine.top, 'migrate'));
    const release = other.lock('/unpacking.lock', 0);
    assert.ok(release !== null);
    assert.deepEqual(changeStore(machine.place, removeLeftOvers), []);
    assert.deepEqual(readdirSync(copy), ['image']);
    release();
    other.close();
    assert.equal(changeStore(machine.place, removeLeftOvers).length, 1);
    assertClean(machine);
  });
});
