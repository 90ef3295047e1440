import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemCallError } from '../../../../src/domain/failure.ts';
import type { System } from '../../../../src/system/system.ts';
import { system } from '../../../storage/objects.ts';
import { boot } from '../../staging/boot-machine.ts';
import { fill, withMachine } from '../../staging/machine.ts';
import { askForTotal, resetOf, whereSecretIs, withSecrets } from './secrets.ts';

/** A kernel that cannot list one directory, in whatever root it is. */
function unableToList(path: string): { readonly sick: System; readonly looks: () => number } {
  let looks = 0;
  const openRoot: System['openRoot'] = (directory, options) => {
    const files = system.openRoot(directory, options);
    const list = files.list.bind(files);
    files.list = (at) => {
      if (at !== path) return list(at);
      looks += 1;
      throw new SystemCallError('EUCLEAN', 'getdents64', at);
    };
    return files;
  };
  return { sick: { ...system, openRoot }, looks: () => looks };
}

test('case 129: a total reset of a machine with a directory that cannot be read keeps what it is to keep, and comes to its end', async () => {
  await withMachine(async (machine) => {
    const before = await withSecrets(machine);
    fill(machine.pathOf('branch', before), { 'opt/bad/x': 'mine\n', 'etc/kept': 'mine\n' });
    const { sick, looks } = unableToList('/opt/bad');
    const id = askForTotal({ place: machine.placeWith(sick) }, before, { keep: ['/etc/kept'] });
    assert.ok(looks() > 0);
    const { messages } = await boot(machine, id, sick);
    assert.equal(machine.read('branch', id, 'etc/kept'), 'mine\n');
    assert.ok(messages.includes(`everything but ${id} is destroyed`), messages.join('\n'));
    assert.equal(resetOf(machine)?.state, 'done');
    assert.deepEqual(whereSecretIs(machine), []);
  });
});
