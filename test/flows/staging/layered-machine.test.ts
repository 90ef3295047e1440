import { join } from 'node:path';
import { test } from 'node:test';
import { runLayered } from './run-layered.ts';

test('case 108: on ext4 a machine is put into a store, updated, taken back and forward; what is torn makes no root', () => {
  runLayered(join(import.meta.dirname, 'layered-program.ts'));
});
