import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../../src/cli/program.ts';
import { lvmThinBackend } from '../../../src/storage/lvm-thin/backend.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { system } from '../objects.ts';
import { makeGroup, makePool } from './thin-pool.ts';

/** Runs the program, as a person would; what it printed. */
async function migrate(line: string): Promise<string> {
  let [stdout, stderr] = ['', ''];
  const status = await runProgram(line.split(' '), '0', {
    ...{ system, newRoots: [], changeSources: [], loaderKinds: [] },
    storeKinds: [{ name: 'lvm-thin', load: () => Promise.resolve(lvmThinBackend) }],
    console: {
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      ...{ colored: false, interactive: false, ask: null },
    },
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, line);
  return stdout;
}

test('a store in a thin pool is made, used, and its ledger rebuilt by the commands that people give', async () => {
  makeGroup();
  const pool = makePool('pool', { size: '512M', metadata: '4M' });
  await withFilesystem('xfs', async (mountpoint) => {
    const [store, mounted] = [join(mountpoint, 'store'), join(mountpoint, 'mounted')];
    mkdirSync(store);
    assert.match(
      await migrate(`store create ${store} --backend lvm-thin --pool ${pool.name} --host here`),
      /: lvm-thin, host here/,
    );
    const run = (line: string): Promise<string> => migrate(`${line} --store ${store}`);
    await run('volume create db --class config');
    await run('volume create db/main');
    await run(`volume mount db/main ${mounted}`);
    writeFileSync(join(mounted, 'file'), 'first\n');
    await run('volume tag a@db db/main');
    writeFileSync(join(mounted, 'file'), 'second\n');
    system.mounts.unmount(mounted);
    await run('volume branch db/try a@db');
    assert.match(await run('volume diff a@db db/main'), /\/file/);
    assert.doesNotMatch(await run('volume diff a@db db/try'), /\/file/);
    const listed = await run('volume ls');
    for (const name of ['db/main', 'db/try', 'a@db']) assert.match(listed, new RegExp(name));
    assert.equal(pool.natives().length, 3);
    rmSync(join(store, 'ledger.ndjson'));
    await run('volume fsck --repair');
    assert.equal(await run('volume ls'), listed);
    for (const name of ['a@db', 'db/main', 'db/try']) await run(`volume destroy ${name}`);
    assert.deepEqual(pool.natives(), []);
  });
});
