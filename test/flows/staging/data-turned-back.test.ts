import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ItemDraft } from '../../../src/domain/item.ts';
import { carryToVersion } from '../../../src/flows/staging/carry-to-version.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { switchVersion } from '../../../src/flows/staging/switch-version.ts';
import type { DataAnswer } from '../../../src/flows/staging/turn-data.ts';
import { boot, goTo } from './boot-machine.ts';
import { fill, imageContent, type Machine, withMachine } from './machine.ts';

const first = 'debian-12.1';
const date = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`;
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

const turn = (machine: Machine, from: string, to: string, data: DataAnswer | null) =>
  switchVersion(machine.place, { direction: 'rollback', from, to, data });

function waiting(machine: Machine, from: string, to: string): readonly ItemDraft[] {
  const before = machine.versions();
  const undecided = turn(machine, from, to, null);
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
    assert.throws(() => turn(machine, first, second, 'keep'), { code: 'data-in-root', message: /\/home/ });
    assert.equal(machine.version(second).state, 'retired');
    const ends = { direction: 'forward', from: first, to: second } as const;
    const { version } = carryToVersion(machine.place, ends, quiet);
    await boot(machine, version.id);
    const { home = '' } = machine.version(version.id).bindings;
    assert.equal(machine.read('branch', home, 'letter', 'home'), 'since the rollback\n');
    assert.equal(machine.read('branch', 'main', 'letter', 'home'), 'first\n');
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
