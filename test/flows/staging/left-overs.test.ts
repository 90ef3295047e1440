import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pruneVersions } from '../../../src/flows/prune-versions.ts';
import { type LeftOver, leftOvers, removeLeftOvers } from '../../../src/flows/staging/left-overs.ts';
import { examineStore } from '../../../src/flows/volumes/check-store.ts';
import { collectGarbage } from '../../../src/flows/volumes/collect-garbage.ts';
import { holdObject } from '../../../src/store/hold.ts';
import { objectAt } from '../../../src/store/ledger-state.ts';
import { changeStore, readStore } from '../../../src/store/open-store.ts';
import type { Files } from '../../../src/system/files.ts';
import type { System } from '../../../src/system/system.ts';
import { readReplaced } from '../../../src/versions/records.ts';
import { intercept, Killed } from '../../apply/interruption.ts';
import { system } from '../../storage/objects.ts';
import { cutSystem } from '../../store/cut-system.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { imageContent, type Machine, withMachine } from './machine.ts';

const first = 'debian-12.1';

async function withStored(body: (machine: Machine) => Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    await body(machine);
  });
}

const left = ({ place }: Machine): LeftOver[] => readStore(place, leftOvers);

/** An import that is killed while it unpacks. */
async function killImport(machine: Machine, image: string): Promise<void> {
  const { system: cut, isDead } = cutSystem({ at: 40, moment: 'before' });
  await machine.import(image, null, cut).catch((error) => {
    if (!(error instanceof Killed) && !isDead()) throw error;
  });
  const [one, ...others] = left(machine);
  assert.match(one?.what ?? '', /^system\/unpacking-\d+$/);
  assert.deepEqual(others, []);
}

const request = (machine: Machine) => ({ directory: `${machine.top}/migrate`, storeKinds });
const rules = { keepLast: 10, keepDays: null };

/** Each removes what was left, and says so. */
const removers: Readonly<Record<string, (machine: Machine) => Promise<unknown>>> = {
  'volume gc': async (machine) => {
    const all = { ...request(machine), volume: null, rules };
    const dry = await collectGarbage(system, { ...all, dryRun: true });
    assert.equal(left(machine).length, 1);
    const { leftOvers: removed } = await collectGarbage(system, { ...all, dryRun: false });
    assert.deepEqual(dry.leftOvers, removed);
    return removed;
  },
  prune: ({ place }) => {
    const dry = pruneVersions(place, { keep: 3, dryRun: true });
    const { leftOvers: removed } = pruneVersions(place, { keep: 3, dryRun: false });
    assert.deepEqual(dry.leftOvers, removed);
    return Promise.resolve(removed);
  },
  'volume fsck --repair': async (machine) => {
    const named = await examineStore(system, { ...request(machine), repair: false });
    assert.deepEqual(
      named.findings.map(({ kind, severity }) => [kind, severity]),
      [['left-over', 'notice']],
    );
    const { repaired, findings } = await examineStore(system, { ...request(machine), repair: true });
    assert.deepEqual(findings, []);
    return repaired.map(({ what, detail }) => ({ what, detail, problem: null }));
  },
};

for (const [name, remove] of Object.entries(removers)) {
  test(`migrate ${name} removes what an import that was killed has left`, async () => {
    await withStored(async (machine) => {
      const before = machine.objects();
      await killImport(machine, machine.image('next', imageContent(13)));
      const [{ what, detail }] = left(machine) as [LeftOver];
      assert.deepEqual(await remove(machine), [{ what, detail, problem: null }]);
      assert.deepEqual(machine.objects(), before);
      assert.deepEqual([left(machine), machine.problems()], [[], []]);
    });
  });
}

test('what is being unpacked right now is left to whoever unpacks it', async () => {
  await withStored(async (machine) => {
    let seen = 0;
    // In the middle of it, as another command of the machine comes by.
    const through: System = {
      ...system,
      openRoot: (directory, options) => {
        const files = system.openRoot(directory, options);
        intercept(files, 'makeSymlink', (args) => {
          seen += 1;
          assert.match(machine.objects().join(), /system\/unpacking-/);
          assert.deepEqual(changeStore(machine.place, removeLeftOvers), []);
          return system.openRoot(directory).makeSymlink(...(args as Parameters<Files['makeSymlink']>));
        });
        return files;
      },
    };
    const image = machine.image('next', imageContent(13));
    symlinkSync('usr/bin', join(image, 'bin'));
    assert.equal(await machine.import(image, null, through), 'debian-13');
    assert.ok(seen > 0);
  });
});

/** As a boot leaves it that is cut off before the commit, of a version that nobody makes any more. */
function leaveRoot(machine: Machine): string {
  const root = machine.pathOf('branch', 'debian-13.7.migrating');
  execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', machine.pathOf('tag', 'debian-12'), root]);
  return root;
}

for (const [name, remove] of Object.entries(removers)) {
  test(`migrate ${name} removes a root that a boot which was cut off has left`, async () => {
    await withStored(async (machine) => {
      const root = leaveRoot(machine);
      const [{ what, detail }] = left(machine) as [LeftOver];
      assert.equal(what, 'system/debian-13.7.migrating');
      assert.deepEqual(await remove(machine), [{ what, detail, problem: null }]);
      assert.deepEqual([existsSync(root), left(machine), machine.problems()], [false, [], []]);
    });
  });
}

test('so does the next staging; what only has the name of such a root is left, with the reason', async () => {
  await withStored(async (machine) => {
    const root = leaveRoot(machine);
    const image = await machine.import(machine.image('next', imageContent(13)));
    assert.equal(existsSync(root), true);
    machine.stage({ image, parent: first });
    assert.equal(existsSync(root), false);
    mkdirSync(root);
    const { findings } = await examineStore(system, { ...request(machine), repair: true });
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['left-over'],
    );
    assert.match(findings[0]?.detail ?? '', /it is no subvolume, so it was not made here$/);
    assert.equal(machine.stage({ image, parent: first }).version.state, 'armed');
    assert.equal(existsSync(root), true);
  });
});

test('what a version holds and does not use is named and released; what it uses stays held', async () => {
  await withStored(async (machine) => {
    await machine.import(machine.image('next', imageContent(13)));
    const before = machine.objects();
    changeStore(machine.place, (store) => {
      const tag = objectAt(store.state, { volume: 'system', kind: 'tag', name: 'debian-13' });
      assert.ok(tag !== null);
      holdObject(store, tag.record, `version:${first}`);
      holdObject(store, tag.record, 'audit');
    });
    assert.deepEqual(left(machine), [
      { what: 'debian-13@system', detail: `it is held for version:${first}, which does not use it` },
    ]);
    const { repaired } = await examineStore(system, { ...request(machine), repair: true });
    assert.equal(repaired.length, 1);
    assert.deepEqual(
      machine.objects(),
      before.map((name) => (name === 'debian-13@system' ? `${name} audit` : name)),
    );
  });
});

test('killed before any changing call, stage leaves at every instant exactly one version that the next boot makes', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(machine.image('next', imageContent(13)));
    let armed = machine.stage({ image, parent: first }).version.id;
    let [at, leftRecords] = [1, 0];
    for (let isOver = false; !isOver; at += 1) {
      const { system: cut, isDead } = cutSystem({ at, moment: 'before' });
      try {
        machine.stage({ image, parent: first }, { ...cut, readFile: system.readFile });
      } catch (error) {
        if (!isDead()) throw error;
      }
      isOver = !isDead();
      const next = machine.versions().filter(({ state }) => state === 'armed');
      assert.equal(next.length, 1, `call ${at}`);
      assert.deepEqual(machine.problems(), [], `call ${at}`);
      armed = next[0]?.id ?? armed;
      const replaced = readStore(machine.place, ({ files }) => readReplaced(files));
      leftRecords += replaced.length;
      // It is none any more for whoever checks or cleans up, and does not come back when the other is replaced.
      const { findings } = await examineStore(system, { ...request(machine), repair: at % 2 === 0 });
      assert.ok(
        findings.every(({ kind }) => kind === 'left-over'),
        findings.map(({ detail }) => detail).join(),
      );
      assert.deepEqual(
        machine
          .versions()
          .filter(({ state }) => state === 'armed')
          .map(({ id }) => id),
        [armed],
        `call ${at}`,
      );
    }
    assert.ok(at > 10 && leftRecords > 0, `${at} calls, ${leftRecords} records`);
    machine.stage({ image, parent: first });
    assert.deepEqual(left(machine), []);
    assert.equal(machine.versions().length, 2);
  });
});
