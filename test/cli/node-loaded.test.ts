import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { asDelivered } from '../bench/as-delivered.ts';
import { migrate } from './run-migrate.ts';

/** Parts of Node that each take a tenth of its own start to load, or more. */
const dear = ['assert', 'child_process', 'crypto', 'net', 'stream', 'tty', 'v8', 'worker_threads', 'zlib'];

/** Given to node by `--require`: writes down which of its own modules are loaded at the end. */
const recorder = `
const { writeFileSync } = require('node:fs');
process.on('exit', () => writeFileSync(process.env.LOADED_MODULES, process.moduleLoadList.join('\\n')));
`;

const directory = mkdtempSync(join(tmpdir(), 'migrate-node-loaded-'));
const [base, old, empty] = ['base', 'old', 'empty.cjs'].map((name) => join(directory, name)) as [
  string,
  string,
  string,
];
let program = '';

before(async () => {
  for (const tree of [base, old]) mkdirSync(tree);
  writeFileSync(empty, '');
  writeFileSync(join(directory, 'recorder.cjs'), recorder);
  const words = ['diff', '--base', base, '--old', old];
  program = await asDelivered(resolve(import.meta.dirname, '../../src/main.ts'), directory, words);
});
after(() => rmSync(directory, { recursive: true }));

/** Which of the dear parts a script loads, beside those that Node itself has loaded for an empty one. */
function loadedBy(script: string, words: readonly string[]): readonly string[] {
  const own = modulesOf(empty, []);
  return modulesOf(script, words).filter((module) => dear.includes(module) && !own.includes(module));
}

function modulesOf(script: string, words: readonly string[]): readonly string[] {
  const list = join(directory, 'loaded');
  const { status, stderr } = migrate(words, {
    program: [process.execPath, '--require', join(directory, 'recorder.cjs'), script],
    environment: { LOADED_MODULES: list },
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return readFileSync(list, 'utf8')
    .split('\n')
    .map((line) => line.replace(/^NativeModule /, ''));
}

test('the program as it is delivered loads nothing dear of Node where it only looks for changes', () => {
  assert.deepEqual(loadedBy(program, ['diff', '--base', base, '--old', old]), []);
  assert.deepEqual(loadedBy(program, ['diff', '--help']), []);
});

test('what is loaded is told: a plan has a digest, and a large tree has memory saved', () => {
  const [image, large] = [join(directory, 'new'), join(directory, 'large')];
  for (const tree of [image, large]) mkdirSync(tree);
  assert.deepEqual(loadedBy(program, ['plan', '--base', base, '--old', old, '--new', image]), ['stream', 'crypto']);
  for (let number = 0; number < 4096; number++) writeFileSync(join(large, String(number)), '');
  assert.ok(loadedBy(program, ['diff', '--base', base, '--old', large]).includes('v8'));
});
