import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ItemDraft } from '../../../src/domain/item.ts';
import type { Progress } from '../../../src/flows/progress.ts';
import { carryToVersion } from '../../../src/flows/staging/carry-to-version.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { switchVersion } from '../../../src/flows/staging/switch-version.ts';
import type { DataAnswer } from '../../../src/flows/staging/turn-data.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { writeVersion } from '../../../src/versions/records.ts';
import { boot, goTo } from './boot-machine.ts';
import { fill, imageContent, type Machine, withMachine } from './machine.ts';

const first = 'debian-12.1';
const date = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`;
type DataAt = ReadonlyMap<string, DataAnswer>;

const quiet = { choices: null, changeSources: [], onProgress: () => undefined };

const imported = (machine: Machine, release: number): Promise<string> =>
  machine.import(machine.image(`image-${release}`, imageContent(release)));

/** A machine with one update behind it, whose home was written to before that. */
async function withTwo(
  { declareVolumes }: { declareVolumes: boolean },
  body: (machine: Machine, second: string) => void | Promise<void>,
): Promise<void> {
  await withMachine(async (machine) => {
    fill(machine.root, { 'home/letter': 'first\n' });
    await machine.init(machine.image('base', imageContent(12)), undefined, declareVolumes);
    const { id } = await goTo(machine, await imported(machine, 13), first);
    await body(machine, id);
  });
}

const turn = (machine: Machine, from: string, to: string, data: DataAnswer | null, dataAt: DataAt = new Map()) =>
  switchVersion(machine.place, { direction: 'rollback', from, to, data, dataAt });

const waiting = (machine: Machine, from: string, to: string) => unanswered(machine, from, to, null);

/** What is still asked where that is said of all data, and nothing is changed. */
function unanswered(machine: Machine, from: string, to: string, data: DataAnswer | null): readonly ItemDraft[] {
  const before = machine.versions();
  const undecided = turn(machine, from, to, data);
  assert.deepEqual(machine.versions(), before);
  return undecided.status === 'waiting' ? undecided.items : [];
}

const subjects = (items: readonly ItemDraft[]) => items.map(({ subject }) => subject);

test('back to the first version, whose home lies in its root: what was written since is an item with volume and dates', async () => {
  await withTwo({ declareVolumes: true }, (machine, second) => {
    fill(machine.pathOf('branch', 'main', 'home'), { thesis: 'new\n' });
    const items = waiting(machine, second, first);
    assert.deepEqual(subjects(items), ['/home', '/srv']);
    assert.match(items[0]?.title ?? '', new RegExp(`^/home goes back to ${date}$`));
    assert.match(
      items[0]?.detail ?? '',
      new RegExp(
        `^${first} does not use the volume home: of /home it has what its own root holds, as it was left on ${date}\\. ` +
          `What was written since stays in the branch main of ${second}, in use since ${date}`,
      ),
    );
    assert.equal(turn(machine, second, first, 'keep').status, 'switched');
    assert.deepEqual(machine.version(first).bindings, { home: 'main', srv: 'main' });
  });
});

test('forward from the first version: what was written in its root meanwhile is an item, and can be taken along by a new version only', async () => {
  await withTwo({ declareVolumes: true }, async (machine, second) => {
    turn(machine, second, first, 'follow');
    markGood(machine.place, first);
    fill(machine.pathOf('branch', first), { 'home/letter': 'since the rollback\n' });
    const items = waiting(machine, first, second);
    assert.deepEqual(subjects(items), ['/home']);
    assert.match(items[0]?.title ?? '', new RegExp(`^/home goes back to ${date}$`));
    assert.match(
      items[0]?.detail ?? '',
      new RegExp(
        `^${second} uses the branch main of the volume home, as it was left on ${date}\\. ` +
          `What was written to /home in the root of ${first}, in use since ${date}, stays there`,
      ),
    );
    assert.match(items[0]?.detail ?? '', /stays there \(\/home\/letter was written last, on \d{4}-/);
    assert.deepEqual(subjects(unanswered(machine, first, second, 'keep')), ['/home']);
    const keep = new Map([['/home', 'keep']] as const);
    assert.throws(() => turn(machine, first, second, 'follow', keep), { code: 'data-in-root', message: /\/home/ });
    assert.equal(machine.version(second).state, 'retired');
    const ends = { direction: 'forward', from: first, to: second } as const;
    const { version } = carryToVersion(machine.place, ends, quiet);
    await boot(machine, version.id);
    const { home = '' } = machine.version(version.id).bindings;
    assert.equal(machine.read('branch', home, 'letter', 'home'), 'since the rollback\n');
    assert.equal(machine.read('branch', 'main', 'letter', 'home'), 'first\n');
  });
});

test('forward from the first version as it was left: what its root has is in the volume, and nothing is asked', async () => {
  await withTwo({ declareVolumes: true }, (machine, second) => {
    fill(machine.pathOf('branch', 'main', 'home'), { thesis: 'new\n' });
    turn(machine, second, first, 'follow');
    markGood(machine.place, first);
    const root = machine.pathOf('branch', first);
    // The other version alone has this.
    fill(machine.pathOf('branch', 'main', 'home'), { 'added/since': 'by the second\n' });
    // As it is in the volume, by whomever it was written.
    fill(root, { 'home/thesis': 'new\n' });
    // Nothing would keep what the root has, though nothing differs.
    const keep = new Map([['/home', 'keep']] as const);
    assert.throws(() => turn(machine, first, second, null, keep), { code: 'data-in-root', message: /\/home/ });
    assert.equal(turn(machine, first, second, null).status, 'switched');
  });
});

test('data of which both versions use the same branch is kept, and may be said to be', async () => {
  await withTwo({ declareVolumes: true }, (machine, second) => {
    turn(machine, second, first, 'keep');
    markGood(machine.place, first);
    const keep = new Map([['/home', 'keep']] as const);
    assert.equal(turn(machine, first, second, null, keep).status, 'switched');
    assert.deepEqual(machine.version(second).bindings, { home: 'main', srv: 'main' });
  });
});

test('what the other version has below a mount of its own it does not show', async () => {
  await withTwo({ declareVolumes: false }, (machine, second) => {
    fill(machine.pathOf('branch', second), { 'etc/fstab': '/dev/vda2 / btrfs defaults 0 0\n' });
    turn(machine, second, first, 'follow');
    markGood(machine.place, first);
    assert.equal(machine.read('branch', second, 'home/letter'), 'first\n');
    fill(machine.pathOf('branch', second), { 'etc/fstab': '/dev/vda2 / btrfs\n/dev/vdb1 /home ext4 defaults 0 2\n' });
    assert.deepEqual(subjects(waiting(machine, first, second)), ['/home']);
    fill(machine.pathOf('branch', second), { 'etc/fstab': '/dev/vda2 / btrfs defaults 0 0\n' });
    assert.equal(turn(machine, first, second, null).status, 'switched');
  });
});

test('of what was written in the root, what was written last is named; the same content of another time was not written', async () => {
  await withTwo({ declareVolumes: true }, (machine, second) => {
    turn(machine, second, first, 'follow');
    markGood(machine.place, first);
    const root = machine.pathOf('branch', first);
    fill(root, { 'home/early': 'one\n', 'home/late': 'two\n' });
    utimesSync(join(root, 'home/early'), 1_000_000_000, 1_000_000_000);
    utimesSync(join(root, 'home/late'), 1_100_000_000, 1_100_000_000);
    utimesSync(join(root, 'home/letter'), 1_200_000_000, 1_200_000_000);
    fill(machine.pathOf('branch', 'main', 'home'), { 'added/since': 'by the second\n' });
    const [item] = waiting(machine, first, second);
    const { newest } = (item?.facts ?? {}) as { newest?: unknown };
    assert.deepEqual(newest, { path: '/home/late', at: '2004-11-09T11:33:20.000Z' });
  });
});

test('keep holds for each volume; what lies in the root is asked about by itself, and answered by its place', async () => {
  await withMachine(async (machine) => {
    fill(machine.root, {
      'home/letter': 'first\n',
      'etc/migrate/volumes.d/local.volume': 'volume home /home class=data\n',
    });
    await machine.init(machine.image('base', imageContent(12)));
    const { id: second } = await goTo(machine, await imported(machine, 13), first);
    fill(machine.pathOf('branch', second), { 'srv/site': 'of the second\n' });
    assert.deepEqual(subjects(waiting(machine, second, first)), ['/home', '/srv']);
    assert.deepEqual(subjects(unanswered(machine, second, first, 'keep')), ['/srv']);
    const elsewhere = new Map([['/var/home', 'follow']] as const);
    assert.throws(() => turn(machine, second, first, 'keep', elsewhere), {
      code: 'no-data-there',
      message: /\/var\/home/,
    });
    assert.equal(machine.version(first).state, 'retired');
    const left = new Map([['/srv', 'follow']] as const);
    assert.equal(turn(machine, second, first, 'keep', left).status, 'switched');
    assert.deepEqual(machine.version(first).bindings, { home: 'main' });
    assert.equal(machine.read('branch', second, join('srv', 'site')), 'of the second\n');
    assert.deepEqual(machine.problems(), []);
  });
});

test('a large home is looked through with signs of progress, while others use the store; who changes the versions meanwhile is not overrun', async () => {
  await withTwo({ declareVolumes: false }, (machine, second) => {
    const root = machine.pathOf('branch', second);
    fill(root, Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`home/many/${index}`, ''])));
    const told: Progress[] = [];
    const request = { direction: 'rollback', from: second, to: first, data: 'follow' } as const;
    const onProgress = (progress: Progress): void => {
      told.push(progress);
      changeStore(machine.place, ({ files }) => writeVersion(files, { ...machine.version(first), pinned: true }));
    };
    assert.throws(() => switchVersion(machine.place, { ...request, onProgress }), { code: 'overtaken' });
    assert.ok(told.length > 0);
    assert.deepEqual(
      told.map(({ phase, total, unit }) => [phase, total, unit]),
      told.map(() => ['compare', null, 'entries']),
    );
    assert.ok(told.every(({ done }, index) => done >= (told[index - 1]?.done ?? 1)));
    // Once through the home, and once through what was found in it.
    assert.ok((told.at(-1)?.done ?? 0) > 5000);
    assert.deepEqual([machine.version(first).pinned, machine.version(first).state], [true, 'retired']);
    assert.equal(switchVersion(machine.place, request).status, 'switched');
  });
});

test('case 120: after a failed trial the next one begins with the data that is in use, not with what the failed one was given', async () => {
  await withTwo({ declareVolumes: true }, async (machine, second) => {
    turn(machine, second, first, 'follow');
    markGood(machine.place, first);
    fill(machine.pathOf('branch', first), { 'home/letter': 'a week later\n' });
    const { id } = await goTo(machine, await imported(machine, 14), first);
    const { home = '', srv } = machine.version(id).bindings;
    assert.deepEqual([home, srv], [id, 'main']);
    assert.equal(machine.read('branch', home, 'letter', 'home'), 'a week later\n');
    assert.equal(machine.read('branch', 'main', 'letter', 'home'), 'first\n');
    assert.deepEqual(machine.problems(), []);
  });
});

test('without volumes, changes of data in the root since its commit are an item with dates, and no change is none', async () => {
  await withTwo({ declareVolumes: false }, (machine, second) => {
    assert.deepEqual(machine.version(second).bindings, {});
    const root = machine.pathOf('branch', second);
    fill(root, { 'etc/motd': 'no data\n' });
    assert.equal(turn(machine, second, first, null).status, 'switched');
    turn(machine, first, second, 'follow');
    markGood(machine.place, second);
    fill(root, { 'home/thesis': 'new\n' });
    const items = waiting(machine, second, first);
    assert.deepEqual(subjects(items), ['/home']);
    assert.match(
      items[0]?.detail ?? '',
      new RegExp(
        `^${first} has /home in its own root, as it was left on ${date}\\. What was written .* since ${date}, `,
      ),
    );
    assert.equal(turn(machine, second, first, 'follow').status, 'switched');
    assert.equal(machine.read('branch', second, join('home', 'thesis')), 'new\n');
  });
});
