import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDestroying } from '../../../../src/domain/reset-states.ts';
import { destroyRest } from '../../../../src/flows/reset/total/destroy-rest.ts';
import { changeStore } from '../../../../src/store/open-store.ts';
import type { System } from '../../../../src/system/system.ts';
import { intercept, Killed, methodOf } from '../../../apply/interruption.ts';
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
    await boot(machine, id, through, line);
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  } finally {
    unmountAll(machine);
  }
}

test('case 110: a total reset that is killed before any of its changes goes on at the next boot, and each state is known before its act', async (t) => {
  const states: string[] = [];
  for (let at = 1; ; at += stride) {
    let ended = false;
    await withMachine(async (machine) => {
      const id = askForTotal(machine, await withSecrets(machine));
      const line = lineOf(machine, id);
      const before = machine.objects().map(nameOf);
      ended = !(await isKilled(machine, id, line, dyingSystem(at)));
      states.push(resetOf(machine)?.state ?? 'none');
      assert.deepEqual(unexplained(machine, before), [], `killed at ${at}`);
      // From then on without the nonce, where the request was used up.
      const again = resetOf(machine)?.state === 'armed' ? line : line.replace(/ migrate\.nonce=\S+/, '');
      await boot(machine, id, undefined, again);
      assert.equal(resetOf(machine)?.state, 'done', `killed at ${at}`);
      assert.deepEqual(whereSecretIs(machine), [], `killed at ${at}`);
      assert.deepEqual(machine.problems(), [], `killed at ${at}`);
    });
    if (ended) break;
  }
  const seen = [...new Set(states)];
  t.diagnostic(
    `${states.length} kills: ${seen.map((state) => `${states.filter((one) => one === state).length} ${state}`).join(', ')}`,
  );
  for (const state of ['saving', 'wiping', 'done']) assert.ok(seen.includes(state), `never killed while ${state}`);
});

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
