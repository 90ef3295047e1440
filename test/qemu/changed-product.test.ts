import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { productBinary } from '../../qemu/power-cuts/changed-product.ts';
import { project } from '../../qemu/product.ts';
import { scenario } from '../../qemu/scenarios/power-cuts-control.ts';

test('the lines that the control of the power cuts takes out are some of the product', async () => {
  const changes = scenario.mistake?.changes ?? [];
  assert.equal(changes.length, 2);
  for (const { file, from } of changes) {
    assert.equal((await readFile(join(project, file), 'utf8')).split(from).length, 2, file);
  }
});

test('a product with a mistake in a line that it does not have is not built', async () => {
  const mistake = { file: 'src/main.ts', from: 'a text that is nowhere in it', to: '' };
  await assert.rejects(productBinary([mistake]), /src\/main\.ts does not hold this once/);
});
