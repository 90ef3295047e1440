import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExitCode } from '../../src/cli/console.ts';
import type { Context } from '../../src/cli/context.ts';
import { recover, renderQuestion } from '../../src/cli/recovery.ts';
import type { System } from '../../src/system/system.ts';
import { choices, first, withLoaderMachine } from '../flows/loader/loader-machine.ts';
import { inInitramfs, type Machine } from '../flows/staging/machine.ts';
import { storeKinds } from '../store/store-kinds.ts';

type Sat = { readonly shown: string; readonly exit: ExitCode | null; readonly waits: readonly number[] };

/** A boot for a repair with a person at the console who types these lines; null is nothing for as long as one waits. */
async function sitting(machine: Machine, words: string, typed: readonly (string | null)[]): Promise<Sat> {
  const initramfs = inInitramfs(machine);
  const lines = [...typed];
  const waits: number[] = [];
  let shown = '';
  let exit: ExitCode | null = null;
  const system: System = {
    ...initramfs,
    readFile: (path) =>
      path === '/proc/cmdline' ? `migrate.run ${words} migrate.why=stable\n` : initramfs.readFile(path),
    openConsoles: () => ({
      show: (text) => {
        shown += text;
      },
      ask: (question, seconds) => {
        shown += question;
        waits.push(seconds);
        return lines.shift() ?? null;
      },
      runShell: () => assert.fail('nobody asked for a shell'),
      close: () => undefined,
    }),
  };
  const context: Context = {
    ...{ system, storeKinds, loaderKinds: choices, newRoots: [], changeSources: [], version: '0' },
    console: { out: assert.fail, err: assert.fail, colored: false, interactive: false, ask: null },
    finish: (code) => {
      exit = code;
    },
  };
  await recover(context);
  return { shown, exit, waits };
}

const wordsOf = ({ store }: Machine, mode: string): string =>
  `migrate.recovery=${mode} migrate.store=${store.device},path=${store.path}`;

test('case 114: another word, the word of another reset, or none within five minutes changes nothing', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const answers: readonly (readonly [string, string | null])[] = [
      ['config', 'yes'],
      ['config', ''],
      ['system', 'destroy'],
      ['total', 'reset'],
      ['total', null],
    ];
    for (const [mode, answer] of answers) {
      const { shown, exit, waits } = await sitting(machine, wordsOf(machine, mode), [answer]);
      assert.match(shown, /Nothing is changed\. The machine restarts\.\n$/, `${mode}: ${answer}`);
      assert.deepEqual([exit, waits], [1, [300]]);
      assert.equal(machine.versions().length, 1);
    }
  });
});

test('the word at the console has the next start make the reset; the machine restarts in any case', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const { shown, exit } = await sitting(machine, wordsOf(machine, 'config'), ['reset']);
    assert.match(shown, /The next start makes debian-12\.2\. The machine restarts\.\n$/);
    assert.equal(exit, 1);
    assert.equal(machine.version('debian-12.2').state, 'armed');
  });
});

test('what is wrong is said at the console, which then waits for a minute or for Enter', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const wrong = [
      ['migrate.recovery=everything migrate.store=LABEL=X,path=migrate', /migrate\.recovery=everything is none of/],
      ['migrate.recovery=config', /migrate\.store= is missing/],
      ['migrate.recovery=config migrate.store=path=migrate', /has no device/],
      [`migrate.recovery=config migrate.store=${machine.store.device},path=none`, /There is no store/],
    ] as const;
    for (const [words, message] of wrong) {
      const { shown, exit, waits } = await sitting(machine, words, []);
      assert.match(shown, message);
      assert.match(shown, /Enter restarts the machine/);
      assert.deepEqual([exit, waits], [1, [60]]);
    }
  });
});

test('the question says what is reset, what begins anew, and whether there is a way back', async () => {
  await withLoaderMachine(({ machine }) => {
    const version = machine.version(first);
    const losses = [{ name: 'app', bytes: 1536 }];
    const config = renderQuestion({ mode: 'config', version, losses });
    assert.match(config, /debian-12\.1, made from the image debian-12: \/etc becomes what the image brings/);
    assert.match(config, /Begin anew the volumes\n {4}app, 1\.5 KiB\n/);
    assert.match(config, /migrate reset --undo/);
    assert.match(
      config,
      /Anything else, or nothing for 5 minutes, restarts the machine with nothing changed\.\nreset\? $/,
    );
    const total = renderQuestion({ mode: 'total', version, losses });
    assert.match(total, /Destroyed are the volumes\n {4}app, 1\.5 KiB\n {2}There is no way back/);
    assert.match(total, /There is no way back\. .*on btrfs subvolumes that are not of the store\n/);
    const least = renderQuestion({ mode: 'total', version, losses: [{ name: 'app', bytes: 1536, isLeast: true }] });
    assert.match(least, /\n {4}app, at least 1\.5 KiB\n/);
    assert.match(total, /\ndestroy\? $/);
    assert.doesNotMatch(renderQuestion({ mode: 'system', version, losses: [] }), /volumes/);
    return Promise.resolve();
  });
});
