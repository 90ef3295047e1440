import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemCallError } from '../../../../src/domain/failure.ts';
import { isDestroying, type ResetState, resetStates } from '../../../../src/domain/reset-states.ts';
import { fallBack } from '../../../../src/flows/fall-back.ts';
import type { System } from '../../../../src/system/system.ts';
import { intercept, Killed, methodOf } from '../../../apply/interruption.ts';
import { system } from '../../../storage/objects.ts';
import { boot, bootSystem, lineOf, storage } from '../../staging/boot-machine.ts';
import { withMachine } from '../../staging/machine.ts';
import { askForTotal, resetOf, unmountAll, whereSecretIs, withSecrets } from './secrets.ts';

/** This machine, whose power goes when a reset has come to that state: what says so has its name, and nothing follows. */
function cutIn(state: ResetState): System {
  let isOff = false;
  function beOn(): void {
    if (isOff) throw new Killed(`in the state ${state}`);
  }
  return {
    ...system,
    openRoot(directory, options) {
      beOn();
      const files = system.openRoot(directory, options);
      const rename = methodOf(files, 'rename');
      intercept(files, 'rename', (args) => {
        beOn();
        const isState = args[1] === '/reset.json' && files.read('/reset.json.partial').includes(`"state":"${state}"`);
        rename(args);
        isOff = isState;
        beOn();
      });
      return files;
    },
  };
}

test('case 110: a total reset that is cut off in each of its states, one after the other, goes on from there', async () => {
  await withMachine(async (machine) => {
    const id = askForTotal(machine, await withSecrets(machine));
    const first = lineOf(machine, id);
    const before = machine.objects().length;
    const [, ...states] = resetStates;
    for (const state of states) {
      // The nonce is used up by the first of them.
      const line = state === 'confirmed' ? first : first.replace(/ migrate\.nonce=\S+/, '');
      await assert.rejects(boot(machine, id, cutIn(state), line), Killed, state);
      unmountAll(machine);
      const record = resetOf(machine);
      assert.equal(record?.state, state);
      const isUntouched = !isDestroying(record) && state !== 'done';
      assert.equal(isUntouched || state === 'wiping', machine.objects().length >= before, state);
      assert.equal(isUntouched || state === 'wiping', whereSecretIs(machine).length > 0, state);
    }
    await boot(machine, id, undefined, first.replace(/ migrate\.nonce=\S+/, ''));
    assert.equal(resetOf(machine)?.state, 'done');
    assert.deepEqual(whereSecretIs(machine), []);
    assert.deepEqual(machine.problems(), []);
  });
});

test('case 110: where the disk fails while a total reset destroys, no boot goes on with what is being destroyed', async () => {
  await withMachine(async (machine) => {
    const id = askForTotal(machine, await withSecrets(machine));
    const line = lineOf(machine, id);
    await assert.rejects(boot(machine, id, cutIn('wiping'), line), Killed);
    unmountAll(machine);
    const failing = storage.newRoots.map((kind) => ({
      ...kind,
      prepare: async (...args: Parameters<typeof kind.prepare>) => ({
        ...(await kind.prepare(...args)),
        isCommitted: () => {
          throw new SystemCallError('EIO', 'open', '/somewhere');
        },
      }),
    }));
    const fallen = await fallBack(bootSystem(machine, line), failing, 'it was killed');
    assert.deepEqual(fallen, { next: 'start-anew', reason: 'it was killed (open /somewhere: EIO)' });
    // A request that no kind serves is not of a version that was made, but what is being destroyed is no root either.
    const refused = await fallBack(bootSystem(machine, line), [], 'it was killed', storage.storeKinds);
    assert.equal(refused.next, 'start-anew');
    assert.equal(machine.version(id).state, 'good');
    await boot(machine, id, undefined, line.replace(/ migrate\.nonce=\S+/, ''));
    assert.equal(resetOf(machine)?.state, 'done');
  });
});
