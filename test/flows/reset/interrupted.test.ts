import '../../system/own-mounts.ts';
import { join } from 'node:path';
import { test } from 'node:test';
import { boot } from '../staging/boot-machine.ts';
import { fill, withMachine } from '../staging/machine.ts';
import { runLayered } from '../staging/run-layered.ts';
import { image, isResetThough, used } from './interrupted.ts';
import { unmountAll } from './total/secrets.ts';

for (const mode of ['config', 'system'] as const) {
  test(`cases 75, 110: a reset (${mode}) that is asked for twice and killed while it is made is made once, undone, and cancelled`, async () => {
    await withMachine(async (machine) => {
      fill(machine.root, { ...image, ...used });
      await machine.init(machine.image('base', image));
      machine.stop();
      const { place } = machine;
      const powerOff = () => unmountAll(machine);
      await isResetThough({ place, boot: (id, through) => boot(machine, id, through), powerOff }, 'debian-12.1', mode);
    });
  });
}

test('cases 75, 110: the same on ext4, where versions are layers', () => {
  runLayered(join(import.meta.dirname, 'layered-program.ts'));
});
