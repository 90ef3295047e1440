import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { armLoader, refreshLoader } from '../../../../src/flows/loader/arm-loader.ts';
import { reconcile } from '../../../../src/flows/loader/reconcile.ts';
import { migrateAtBoot } from '../../../../src/flows/migrate-at-boot.ts';
import { cancelReset } from '../../../../src/flows/reset/cancel-reset.ts';
import { spendReserve } from '../../../../src/flows/reset/reserve.ts';
import { changeStore } from '../../../../src/store/open-store.ts';
import { choices, first, stateOf, withLoaderMachine } from '../../loader/loader-machine.ts';
import { bootSystem, lineOf, storage } from '../../staging/boot-machine.ts';
import { imageContent, type Machine, runningAs } from '../../staging/machine.ts';
import { askForTotal, resetOf, unmountAll } from './secrets.ts';

const events = { onMessage: () => undefined, onProgress: () => undefined, onPlan: () => undefined };

/** The boot that the loader starts by those words besides its entry's. */
async function boot(machine: Machine, line: string): Promise<void> {
  try {
    await migrateAtBoot(bootSystem(machine, line), { ...storage, loaderKinds: choices }, events);
  } finally {
    unmountAll(machine);
  }
}

/** Whoever is reset does not run any more. */
async function arm(machine: Machine): Promise<string> {
  await machine.import(machine.image('next', imageContent(13)), 'next');
  const id = askForTotal(machine, first, { image: 'next' });
  await armLoader(machine.place, choices);
  unmountAll(machine);
  return id;
}

test('case 101: the loader has the nonce of a total reset once, and forgets it when the reset is cancelled', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await arm(machine);
    const { once, trial } = await stateOf(machine);
    assert.deepEqual([once, trial?.version], [{ mode: 'total', nonce: resetOf(machine)?.nonce }, id]);
    // Every entry of the menu starts the version as often as it is picked: none has the nonce in it.
    assert.doesNotMatch(lineOf(machine, id), /migrate\.nonce=/);
    assert.equal(cancelReset(machine.place).version?.id, id);
    await refreshLoader(machine.place, choices);
    assert.deepEqual(await stateOf(machine), { good: first, trial: null, once: null });
  });
});

test('case 107: nothing is destroyed before the loader starts the new version alone; done, it starts without the program', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await arm(machine);
    const { once } = await stateOf(machine);
    const line = `${lineOf(machine, id)} migrate.why=try`;
    await assert.rejects(boot(machine, line), { code: 'reset-not-asked' });
    await boot(machine, `${line} migrate.nonce=${once?.nonce}`);
    assert.equal(resetOf(machine)?.state, 'done');
    assert.deepEqual(await stateOf(machine), { good: id, trial: null, once: null });
    const menu = readFileSync(join(directory, 'menu.cfg'), 'utf8');
    assert.doesNotMatch(menu, new RegExp(first.replace('.', '\\.')));
    assert.doesNotMatch(menu, /migrate\.version=/);
  });
});

test('case 107: a loader that cannot be told that all is done is named, and the machine starts', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await arm(machine);
    const { once } = await stateOf(machine);
    const line = `${lineOf(machine, id)} migrate.why=try migrate.nonce=${once?.nonce}`;
    await boot(machine, line);
    rmSync(directory, { recursive: true });
    const messages: string[] = [];
    const onMessage = (message: string): void => void messages.push(message);
    await migrateAtBoot(bootSystem(machine, line), { ...storage, loaderKinds: choices }, { ...events, onMessage });
    unmountAll(machine);
    assert.match(messages.join('\n'), /the loader still has this boot look for work: .*ENOENT/);
  });
});

test('case 110: cut off while it destroys, the loader starts the new version alone, which goes on', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await arm(machine);
    const { once } = await stateOf(machine);
    const line = `${lineOf(machine, id)} migrate.why=try`;
    const through = bootSystem(machine, `${line} migrate.nonce=${once?.nonce}`);
    const run: typeof through.commands.run = (program, args, options) => {
      if (args.includes('delete') && args.join(' ').includes(first)) throw new Error('the power is cut');
      return through.commands.run(program, args, options);
    };
    const cut = { ...through, commands: { ...through.commands, run } };
    await assert.rejects(migrateAtBoot(cut, { ...storage, loaderKinds: choices }, events), /the power is cut/);
    unmountAll(machine);
    assert.equal(resetOf(machine)?.state, 'wiping');
    assert.deepEqual(await stateOf(machine), { good: id, trial: null, once: null });
    const menu = readFileSync(join(directory, 'menu.cfg'), 'utf8');
    assert.doesNotMatch(menu, new RegExp(`migrate-version-${first}`));
    assert.match(menu, new RegExp(`'migrate\\.run' 'migrate\\.version=${id}' `));
    // Whatever came in between would be destroyed as well.
    assert.throws(() => cancelReset(machine.place), { code: 'reset-goes-on' });
    assert.throws(() => askForTotal(machine, id), { code: 'reset-goes-on' });
    await boot(machine, lineOf(machine, id));
    assert.equal(resetOf(machine)?.state, 'done');
    assert.equal(machine.version(askForTotal(machine, id)).state, 'armed');
  });
});

test('a machine with a known loader keeps room for a reset from its next boot on, where it has enough', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const reserves = (): (number | undefined)[] =>
      ['reserve-1', 'reserve-2'].map(
        (name) => statSync(join(machine.top, 'migrate', name), { throwIfNoEntry: false })?.size,
      );
    assert.deepEqual(reserves(), [undefined, undefined]);
    const running = machine.placeWith(runningAs(machine, first));
    await reconcile(running, choices);
    assert.deepEqual(reserves(), [8388608, 8388608]);
    changeStore(running, ({ files }) => spendReserve(files, 'asking'));
    assert.deepEqual(reserves(), [8388608, 8388608], 'given up where there was room');
  });
});
