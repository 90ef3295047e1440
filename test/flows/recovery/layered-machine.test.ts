import { join } from 'node:path';
import { test } from 'node:test';
import { runLayered } from '../staging/run-layered.ts';

test('on ext4 the Recovery menu resets a machine whose versions are layers, and its shell finds store and root', () => {
  runLayered(join(import.meta.dirname, 'layered-program.ts'));
});
