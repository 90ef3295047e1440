import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDestroying, type ResetState, resetStates } from '../../../../src/domain/reset-states.ts';
import { destroyRest } from '../../../../src/flows/reset/total/destroy-rest.ts';
import { changeStore } from '../../../../src/store/open-store.ts';
import type { System } from '../../../../src/system/system.ts';
import { holdOf } from '../../../../src/versions/objects-of-versions.ts';
import { diesLater, intercept, methodOf } from '../../../apply/interruption.ts';
import { dyingSystem } from '../../../storage/dying-system.ts';
import { system } from '../../../storage/objects.ts';
import { boot, lineOf } from '../../staging/boot-machine.ts';
import { type Machine, withMachine } from '../../staging/machine.ts';
import { askForTotal, resetOf, unmountAll, whereSecretIs, withSecrets } from './secrets.ts';

/** `MIGRATE_KILLS=all` kills before every change; else before each of so many. */
const stride = process.env['MIGRATE_KILLS'] === 'all' ? 1 : 31;

/** What a boot that was killed has left: a machine that no state explains, if anything. */
function unexplained(machine: Machine, before: readonly string[]): string[] {
  const state = resetOf(machine);
  if (state !== null && (isDestroying(state) || state.state === 'done')) return [];
  const there = new Set(machine.objects().map(nameOf));
  return before.filter((name) => !there.has(name)).map((name) => `${name} is gone, and the reset is ${state?.state}`);
}

const nameOf = (object: string): string => object.split(' ')[0] ?? '';

/** Boots until the program is killed before its change of that number; false where it got to its end. */
async function isKilled(machine: Machine, id: string, line: string, through: System): Promise<boolean> {
  try {
    return await diesLater(() => boot(machine, id, through, line));
  } finally {
    unmountAll(machine);
  }
}

/** What a version comes from, and whoever holds anything of the store. */
function dependencies(machine: Machine, id: string): Readonly<Record<string, unknown>> {
  const { parent, base, replaces } = machine.version(id);
  const holds = machine.objects().flatMap((object) => object.split(' ')[1]?.split(',') ?? []);
  return { parent, base, replaces, holds: [...new Set(holds)] };
}

/** Boots a reset through a machine that dies, then without: in which state it was cut off, and whether that was before its end. */
async function goesOnAfter(
  through: System,
  when: string,
): Promise<{ readonly state: string; readonly killed: boolean }> {
  let found = { state: 'none', killed: false };
  await withMachine(async (machine) => {
    const id = askForTotal(machine, await withSecrets(machine));
    const line = lineOf(machine, id);
    const before = machine.objects().map(nameOf);
    const killed = await isKilled(machine, id, line, through);
    found = { state: resetOf(machine)?.state ?? 'none', killed };
    assert.deepEqual(unexplained(machine, before), [], when);
    // From then on without the nonce, where the request was used up.
    const again = found.state === 'armed' ? line : line.replace(/ migrate\.nonce=\S+/, '');
    await boot(machine, id, undefined, again);
    assert.equal(resetOf(machine)?.state, 'done', when);
    assert.deepEqual(whereSecretIs(machine), [], when);
    assert.deepEqual(machine.problems(), [], when);
    assert.deepEqual(dependencies(machine, id), { parent: null, base: null, replaces: [], holds: [holdOf(id)] }, when);
  });
  return found;
}

test('case 110: a total reset that is killed before any of its changes goes on at the next boot, and each state is known before its act', async (t) => {
  const states: string[] = [];
  for (let at = 1; ; at += stride) {
    const { state, killed } = await goesOnAfter(dyingSystem(at), `killed at ${at}`);
    states.push(state);
    if (!killed) break;
  }
  const seen = [...new Set(states)];
  t.diagnostic(
    `${states.length} kills: ${seen.map((state) => `${states.filter((one) => one === state).length} ${state}`).join(', ')}`,
  );
  for (const state of ['saving', 'wiping', 'done']) assert.ok(seen.includes(state), `never killed while ${state}`);
});

/** The change by which a state comes to be known, or the one that follows on it. */
function aroundState(state: ResetState, moment: 'before' | 'after'): (what: string) => boolean {
  // The first that a boot makes known comes after `armed`.
  let known: number = resetStates.indexOf('armed');
  const wanted = resetStates.indexOf(state);
  return (what) => {
    const isAfter = known === wanted;
    if (what.startsWith('rename /reset.json.partial ')) known += 1;
    return moment === 'after' ? isAfter : known === wanted;
  };
}

for (const [index, state] of resetStates.entries()) {
  const previous = resetStates[index - 1];
  if (previous === undefined) continue;
  test(`case 110: a total reset that is killed right before it is ${state}, and right after, goes on from there`, async () => {
    const before = await goesOnAfter(dyingSystem(aroundState(state, 'before')), `right before ${state}`);
    assert.deepEqual(before, { state: previous, killed: true });
    const after = await goesOnAfter(dyingSystem(aroundState(state, 'after')), `right after ${state}`);
    assert.deepEqual(after, { state, killed: true });
  });
}

/** Where the state before the destroying does not come to be written. */
function withoutWiping(): System {
  return {
    ...system,
    openRoot: (directory, options) => {
      const files = system.openRoot(directory, options);
      const rename = methodOf(files, 'rename');
      intercept(files, 'rename', (args) => {
        const isState = args[1] === '/reset.json' && files.read('/reset.json.partial').includes('"state":"wiping"');
        return isState ? undefined : rename(args);
      });
      return files;
    },
  };
}

test('case 110: where the state is not known to be written, nothing is destroyed; control: the check sees what is', async () => {
  await withMachine(async (machine) => {
    const id = askForTotal(machine, await withSecrets(machine));
    const before = machine.objects().map(nameOf);
    assert.equal(await isKilled(machine, id, lineOf(machine, id), withoutWiping()), false);
    assert.equal(resetOf(machine)?.state, 'saving');
    assert.deepEqual(unexplained(machine, before), []);
    changeStore(machine.place, (store) => destroyRest(store, machine.version(id), () => undefined));
    assert.notDeepEqual(unexplained(machine, before), []);
  });
});
