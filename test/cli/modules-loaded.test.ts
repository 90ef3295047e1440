import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { fromSources, migrate } from './run-migrate.ts';

const sources = resolve(import.meta.dirname, '../../src');
const recorder = resolve(import.meta.dirname, 'record-modules.ts');
const directory = mkdtempSync(join(tmpdir(), 'migrate-modules-'));
after(() => rmSync(directory, { recursive: true }));

/** Files of `src` and packages that running some words loads, such as `cli/program.ts` and `yargs`. */
function loadedBy(program: readonly [string, ...string[]], words: readonly string[]): readonly string[] {
  const list = join(mkdtempSync(join(directory, 'run-')), 'loaded');
  const { status, stderr } = migrate(words, { program, environment: { LOADED_MODULES: list } });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  const urls = readFileSync(list, 'utf8').trimEnd().split('\n');
  return urls.map((url) => url.replace(`file://${sources}/`, '').replace(/^.*\/node_modules\/([^/]+)\/.*$/, '$1'));
}

function loadedByProgram(words: readonly string[]): readonly string[] {
  const [node, main = ''] = fromSources;
  return loadedBy([node, '--import', recorder, main], words);
}

function commandFiles(modules: readonly string[]): readonly string[] {
  return modules.filter((module) => module.startsWith('cli/commands/'));
}

/** What only stores and images need. */
function partsOfStores(modules: readonly string[]): readonly string[] {
  const parts = /^(images|store|versions|storage\/overlay)\/|^tar-stream$/;
  // Says what it serves, and loads the rest.
  return modules.filter((module) => parts.test(module) && module !== 'storage/overlay/new-root-kind.ts');
}

const named: readonly (readonly [words: string, files: readonly string[]])[] = [
  ['plan --help', ['plan.ts']],
  ['mount --help', ['mount.ts']],
  ['volume gc --help', ['volume.ts', 'volume/gc.ts']],
  ['volume --help', ['volume.ts']],
  ['--help', ['dry-run.ts']],
  ['--get-yargs-completions migrate apply --', ['apply.ts', 'dry-run.ts']],
];

for (const [words, files] of named) {
  test(`migrate ${words} loads ${files.join(', ')} and no other command`, () => {
    const expected = files.map((file) => `cli/commands/${file}`);
    assert.deepEqual(commandFiles(loadedByProgram(words.split(' '))).toSorted(), expected.toSorted());
  });
}

test('plan and apply load nothing of stores and images', () => {
  const trees = ['base', 'old', 'new'].flatMap((side) => {
    mkdirSync(join(directory, side));
    return [`--${side}`, join(directory, side)];
  });
  assert.deepEqual(partsOfStores(loadedByProgram(['plan', ...trees])), []);
  assert.deepEqual(partsOfStores(loadedByProgram(['apply', '--unattended', ...trees])), []);
});

test('a boot loads what it needs of stores only where it has one', () => {
  const loaded = (flow: string): readonly string[] =>
    loadedBy([process.execPath, '--import', recorder, join(sources, 'flows', flow)], []);
  assert.deepEqual(partsOfStores(loaded('migrate-at-boot.ts')), []);
  assert.deepEqual(partsOfStores(loaded('supervise-boot.ts')), []);
  assert.notDeepEqual(partsOfStores(loaded('record-at-boot.ts')), []);
});
