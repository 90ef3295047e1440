import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type FileResult, runTestFiles } from '../../.tools/test-files.ts';

/** Runs files of these contents, and gives their reports by their names. */
async function reportsOf(contents: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, FileResult>> {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-files-'));
  try {
    for (const [name, content] of Object.entries(contents)) {
      writeFileSync(join(directory, name), `import { test } from 'node:test';\n${content}\n`);
    }
    const results: FileResult[] = [];
    const files = readdirSync(directory).map((name) => join(directory, name));
    await runTestFiles({ files, atOnce: 2, limitSeconds: 20, onEnd: (result) => results.push(result) });
    return new Map(results.map((result) => [result.file.replace(/^.*\//, ''), result]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('the report of each file says how its tests ended, however it ended', async () => {
  const results = await reportsOf({
    'good.mjs': "test('it is well', () => undefined);",
    'bad.mjs': "test('it is not', () => { throw new Error('no'); });",
    'broken.mjs': 'not a program',
    'killed.mjs': "test('it goes', () => process.kill(process.ppid, 'SIGKILL'));",
    'hangs.mjs': "test('it stays', () => new Promise((resolve) => setTimeout(resolve, 600_000)));",
  });
  const failures = (name: string) => results.get(name)?.report.match(/^not ok .*$/gm) ?? [];
  assert.equal(results.size, 5);
  assert.deepEqual(failures('good.mjs'), []);
  assert.match(results.get('good.mjs')?.report ?? '', /^ok 1 - it is well$/m);
  assert.match(results.get('good.mjs')?.text ?? '', /it is well/);
  assert.deepEqual(failures('bad.mjs'), ['not ok 1 - it is not']);
  assert.equal(failures('broken.mjs').length, 1);
  assert.match(failures('killed.mjs')[0] ?? '', /killed\.mjs: it ended with .*, and its report does not say so/);
  assert.match(failures('hangs.mjs')[0] ?? '', /hangs\.mjs: it ended with .*timed out after 20000 milliseconds/);
});
