import { join } from 'node:path';
import { test } from 'node:test';
import { runLayered } from '../../staging/run-layered.ts';

test('case 74: on ext4 a total reset destroys the root around the store too, however often it is killed, but for /boot', () => {
  runLayered(join(import.meta.dirname, 'layered-program.ts'));
});
