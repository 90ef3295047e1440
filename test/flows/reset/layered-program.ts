// Run by interrupted.test.ts with a /run and a /usr/sbin/mount.migrate of its own.
import { image, isResetThough, used } from './interrupted.ts';
import { boot, lineOf, unmountAll, withLayeredMachine } from './layered-machine.ts';

for (const mode of ['config', 'system'] as const) {
  await withLayeredMachine({ image, used }, async (machine) => {
    const { place } = machine;
    const resettable = { place, boot: (id: string, through = place.system) => boot(lineOf(machine, id), through) };
    await isResetThough({ ...resettable, powerOff: unmountAll }, 'twelve.1', mode);
  });
}
process.stdout.write('whole\n');
