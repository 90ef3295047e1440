import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { carryToVersion } from '../../../src/flows/staging/carry-to-version.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { boot, goTo } from './boot-machine.ts';
import { fill, imageContent, withMachine } from './machine.ts';

const first = 'debian-12.1';

test('case 108: after going back with what was changed, an update carries all changes, not only those made since', async () => {
  await withMachine(async (machine) => {
    fill(machine.root, { ...imageContent(12), 'etc/early': 'mine\n', 'etc/hostname': 'mine\n' });
    await machine.init(machine.image('base', imageContent(12)));
    const second = await goTo(machine, await machine.import(machine.image('second', imageContent(13))), first);
    const third = await goTo(machine, await machine.import(machine.image('third', imageContent(14))), second.id);
    const ends = { direction: 'rollback', to: second.id, from: third.id } as const;
    writeFileSync(join(machine.pathOf('branch', third.id), 'etc/late'), 'mine\n');
    const quiet = { choices: null, changeSources: [], onProgress: () => undefined };
    const { version } = carryToVersion(machine.place, ends, quiet);
    await boot(machine, version.id);
    markGood(machine.place, version.id);
    const next = await goTo(machine, await machine.import(machine.image('fourth', imageContent(15))), version.id);
    assert.equal(next.plan?.roots[0]?.base !== null, true);
    for (const path of ['etc/early', 'etc/late', 'etc/hostname'])
      assert.equal(machine.read('branch', next.id, path), 'mine\n', path);
    assert.equal(machine.read('branch', next.id, 'etc/issue'), 'Debian 15\n', "the image's, which nobody changed");
  });
});
