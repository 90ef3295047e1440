import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LayerTable } from './layers/check-layers.ts';
import { checkLayers } from './layers/check-layers.ts';
import { table } from './layers/table.ts';

const here = import.meta.dirname;

function messages(fixture: string, layers: LayerTable['layers'], packages: LayerTable['packages'] = {}): string[] {
  return checkLayers(join(here, 'layers/fixtures', fixture), { layers, packages });
}

test('the sources agree with the table of layers', () => {
  assert.deepEqual(checkLayers(join(here, '../src'), table), []);
});

test('a tree that agrees with its table passes', () => {
  const layers = { domain: [], system: [], plan: ['domain', 'system (types)'] };
  assert.deepEqual(messages('agrees', layers, { 'node:': ['plan'] }), []);
});

test('imports in comments and templates do not count', () => {
  assert.deepEqual(messages('comments', { domain: [] }), []);
});

test('an import against the table is rejected', () => {
  assert.deepEqual(messages('forbidden-layer', { domain: [], plan: [] }), [
    'forbidden: domain/entry.ts imports plan/decide.ts',
  ]);
});

test('an import of values where only types are allowed is rejected, and the entry is unused', () => {
  assert.deepEqual(messages('forbidden-value', { plan: ['system (types)'], system: [] }), [
    'forbidden: plan/decide.ts imports system/clock.ts',
    "stale: 'plan' may import 'system (types)', and nothing there does",
  ]);
});

test('a dynamic import against the table is rejected', () => {
  assert.deepEqual(messages('forbidden-dynamic', { domain: [], plan: [] }), [
    'forbidden: domain/entry.ts imports plan/decide.ts',
  ]);
});

test('an export from another file is an import', () => {
  assert.deepEqual(messages('forbidden-reexport', { domain: [], plan: [] }), [
    'forbidden: domain/entry.ts imports plan/decide.ts',
  ]);
});

test('what Node has built in is rejected where the table does not allow it', () => {
  assert.deepEqual(messages('forbidden-builtin', { domain: [] }), ['forbidden: domain/entry.ts imports node:']);
});

test('a package is rejected where the table does not allow it', () => {
  assert.deepEqual(messages('forbidden-package', { domain: [] }), ['forbidden: domain/entry.ts imports execa']);
});

test('a package that is required counts as imported', () => {
  assert.deepEqual(messages('forbidden-require', { domain: [] }), ['forbidden: domain/entry.ts imports koffi']);
});

test('a cycle is rejected, of types as well', () => {
  assert.deepEqual(messages('cycle', { domain: [] }), [
    'cycle: domain/entry.ts → domain/path.ts → domain/root.ts → domain/entry.ts',
  ]);
});

test('a folder without a row is rejected', () => {
  assert.deepEqual(messages('without-row', { domain: [] }), [
    "no row: helpers/entry.ts belongs to 'helpers', which the table does not have",
  ]);
});

test('a row without code is rejected', () => {
  assert.deepEqual(messages('comments', { domain: [], plan: [] }), ["stale: 'plan' has a row but no code"]);
});

test('an allowed import that nothing uses is rejected', () => {
  const layers = { domain: ['system'], system: [], plan: ['domain', 'system (types)'] };
  assert.deepEqual(messages('agrees', layers, { 'node:': ['plan', 'system'] }), [
    "stale: 'domain' may import 'system', and nothing there does",
    "stale: 'system' may import the package 'node:', and nothing there does",
  ]);
});

test('an import whose target is computed is rejected', () => {
  assert.throws(() => messages('computed', { domain: [] }), /^Error: cannot tell what import\(name\) imports$/);
});
