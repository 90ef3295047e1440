import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { type Cut, cutSystem } from './cut-system.ts';
import { forgetIntent, type Operation, operations, problemsAfter } from './operations.ts';
import { backends } from './store-kinds.ts';
import { StoreSandbox } from './store-sandbox.ts';

// Images in memory: what is tested is order, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

/** `MIGRATE_INTERRUPTIONS=all` cuts off at every call in both ways; else before each, and in the middle of one of three. */
const all = process.env['MIGRATE_INTERRUPTIONS'] === 'all';

for (const { backend, filesystem } of backends) {
  for (const operation of operations) {
    test(`case 65: ${operation.name} on ${backend}, cut off at every change, leaves a store that can be reconciled`, async (t) => {
      await withFilesystem(filesystem, async (mountpoint) => {
        const sandbox = new StoreSandbox(mountpoint, backend);
        const { cuts, failures } = await cutEverywhere(sandbox, operation);
        t.diagnostic(`${cuts} cuts`);
        assert.ok(cuts > 1);
        assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${cuts} cuts`);
      });
    });
  }

  test(`case 65: cut off on ${backend}, and again while that is settled, it ends as if it had never been`, async (t) => {
    await withFilesystem(filesystem, async (mountpoint) => {
      const sandbox = new StoreSandbox(mountpoint, backend);
      const failures: string[] = [];
      let [tries, cuts] = [0, 0];
      for (const name of ['branch from a tag', 'destroy a tag', 'hold']) {
        const operation = named(name);
        const tried = await cutEverywhere(sandbox, operation, async () => {
          const again = cutSystem({ at: 1 + (tries % 3), moment: 'before' });
          tries += 1;
          // Settles, and then has nothing to do.
          await sandbox.run(['volume', 'destroy', 'nothing/here'], again.system);
          if (again.isDead()) cuts += 1;
        });
        failures.push(...tried.failures);
      }
      t.diagnostic(`${cuts} of ${tries} cut off again`);
      assert.ok(cuts > tries / 4);
      assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${tries}`);
    });
  });

  test(`a repair on ${backend} that is cut off at every change, and done again, brings back what there was`, async (t) => {
    await withFilesystem(filesystem, async (mountpoint) => {
      const sandbox = new StoreSandbox(mountpoint, backend);
      for (let at = 1; ; at++) {
        await sandbox.renew();
        const before = sandbox.state();
        rmSync(join(sandbox.directory, 'ledger.ndjson'));
        const cut = cutSystem({ at, moment: 'before' });
        await sandbox.run(['volume', 'fsck', '--repair'], cut.system);
        if (!cut.isDead()) {
          t.diagnostic(`${at - 1} cuts`);
          assert.ok(at > 20);
          return;
        }
        await sandbox.must('volume', 'fsck', '--repair');
        assert.deepEqual(sandbox.state(), before, `cut off at ${at}`);
        assert.deepEqual(sandbox.problems(), []);
      }
    });
  });

  test(`a store on ${backend} whose making is cut off at every change can be made again`, async () => {
    await withFilesystem(filesystem, async (mountpoint) => {
      const sandbox = new StoreSandbox(mountpoint, backend);
      for (let at = 1; ; at++) {
        const directory = join(mountpoint, `new-${at}`);
        mkdirSync(directory);
        const words = ['store', 'create', directory, '--backend', backend, '--host', 'here'];
        const cut = cutSystem({ at, moment: 'during' });
        const { status } = await sandbox.run(words, cut.system);
        if (!cut.isDead()) {
          assert.deepEqual([status, at > 8], [0, true]);
          return;
        }
        const isMade = existsSync(join(directory, 'store.json'));
        assert.equal((await sandbox.run(words)).status, isMade ? 2 : 0, `cut off at ${at}`);
        assert.equal((await sandbox.run(['volume', 'fsck', '--store', directory])).status, 0);
      }
    });
  });

  test(`without the record of what was begun, cutting off on ${backend} leaves what nobody owns`, async () => {
    await withFilesystem(filesystem, async (mountpoint) => {
      const sandbox = new StoreSandbox(mountpoint, backend);
      for (const name of ['create a branch', 'destroy a tag']) {
        const { failures } = await cutEverywhere(sandbox, named(name), () =>
          Promise.resolve(forgetIntent(sandbox.directory)),
        );
        assert.ok(failures.length > 0, name);
      }
    });
  });
}

function named(name: string): Operation {
  const operation = operations.find((one) => one.name === name);
  assert.ok(operation !== undefined);
  return operation;
}

type Tried = { readonly cuts: number; readonly failures: readonly string[] };

/** Cuts the operation off at its first changing call, its second and so on, each in a new store. */
async function cutEverywhere(
  sandbox: StoreSandbox,
  operation: Operation,
  afterwards: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Tried> {
  const failures: string[] = [];
  let cuts = 0;
  for (let at = 1; ; at++) {
    const moments: Cut['moment'][] = all || at % 3 === 0 ? ['before', 'during'] : ['before'];
    for (const moment of moments) {
      await sandbox.renew();
      const before = sandbox.state();
      const cut = cutSystem({ at, moment });
      await sandbox.run(operation.words, cut.system);
      if (!cut.isDead()) return { cuts, failures };
      cuts += 1;
      await afterwards();
      const problems = await problemsOrError(sandbox, operation, before);
      if (problems.length > 0) failures.push(`${moment} call ${at}: ${problems.join('; ')}`);
    }
  }
}

async function problemsOrError(
  sandbox: StoreSandbox,
  operation: Operation,
  before: readonly string[],
): Promise<string[]> {
  try {
    return await problemsAfter(sandbox, operation, before);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
