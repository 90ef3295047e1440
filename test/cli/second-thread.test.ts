import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { program } from './run-migrate.ts';

/** How many files of 128 KiB are compared, what is put before the program, and how much longer each read takes. */
type Run = { readonly files: number; readonly before?: readonly string[]; readonly microseconds?: number };

test('a second thread compares contents where there is much to compare and a processor for it, with the same result', async () => {
  const helped = await compare({ files: 300, microseconds: 5000 });
  assert.equal(helped.readers, 2);
  const alone = await compare({ files: 300, before: ['taskset', '--cpu-list', '0'] });
  assert.equal(alone.readers, 1);
  assert.equal(helped.output, alone.output);
  assert.match(helped.output, /^modified {2}\/299 .*\n1 change\n$/);
});

test('where there is little to compare no second thread is started', async () => {
  const { readers, threads } = await compare({ files: 20 });
  assert.equal(readers, 1);
  assert.equal(threads, (await compare({ files: 1 })).threads);
});

/** The output of `diff` on two trees that differ in the last file, how many threads it had, and how many of them read files. */
async function compare(run: Run): Promise<{ output: string; readers: number; threads: number }> {
  const { files, before = [], microseconds = 0 } = run;
  const found = { output: '', readers: 0, threads: 0 };
  await withFilesystem('tmpfs', (top) => {
    const [base, ours, log] = [join(top, 'base'), join(top, 'ours'), join(top, 'log')];
    for (const root of [base, ours]) {
      mkdirSync(root);
      for (let number = 0; number < files; number++) {
        const last = root === ours && number === files - 1 ? 'y' : 'x';
        writeFileSync(join(root, String(number).padStart(3, '0')), `${'x'.repeat(128 * 1024 - 1)}${last}`);
      }
    }
    // So that the second thread is there before all is done.
    const slowly = microseconds === 0 ? [] : [`--inject=pread64:delay_enter=${microseconds}`];
    const trace = ['--trace=pread64,clone3,clone', ...slowly, '-yy', '-o', log];
    const words = [...before, 'strace', '-f', '-qq', ...trace, ...program, 'diff', '--base', base, '--old', ours];
    const [file = '', ...args] = words;
    found.output = execFileSync(file, args, { encoding: 'latin1' });
    const calls = readFileSync(log, 'latin1').split('\n');
    const reads = calls.filter((call) => call.includes(`<${base}/`));
    found.readers = new Set(reads.map((call) => call.split(' ')[0])).size;
    found.threads = calls.filter((call) => /^\d+ +clone/.test(call)).length;
  });
  return found;
}
