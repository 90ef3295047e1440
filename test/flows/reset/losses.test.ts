import '../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemCallError } from '../../../src/domain/failure.ts';
import type { ResetMode } from '../../../src/domain/reset.ts';
import type { Loss } from '../../../src/domain/reset-states.ts';
import { lossesOf } from '../../../src/flows/reset/losses.ts';
import type { Files } from '../../../src/system/files.ts';
import { intercept, methodOf } from '../../apply/interruption.ts';
import { goTo } from '../staging/boot-machine.ts';
import { fill, type Machine, withMachine } from '../staging/machine.ts';
import { release } from './total/secrets.ts';

const lossesIn = ({ place }: Machine, mode: ResetMode): readonly Loss[] => lossesOf(place, { mode });

/** What find(1) says that the files below a directory have, each file once. */
function bytesBelow(directory: string): number {
  const words = [directory, '-type', 'f', '-printf', '%i %s\\n'];
  const files = new Set(execFileSync('find', words, { encoding: 'utf8' }).split('\n'));
  return [...files].reduce((sum, line) => sum + Number(line.split(' ')[1] ?? 0), 0);
}

test('case 75: what a reset takes away is told by volumes and their bytes, each file once, and what cannot be read too', async () => {
  await withMachine(async (machine) => {
    fill(machine.root, { ...release(12), 'srv/people': 'x'.repeat(5000), 'var/lib/db/rows': 'y'.repeat(70) });
    await machine.init(machine.image('base', release(12)));
    const { id } = await goTo(machine, await machine.import(machine.image('next', release(13))), 'debian-12.1');
    const data = machine.pathOf('branch', 'main', 'srv');
    linkSync(join(data, 'people'), join(data, 'again'));
    execFileSync('btrfs', ['-q', 'subvolume', 'create', join(data, 'inner')]);
    fill(data, { 'inner/layer': 'z'.repeat(300) });
    const srv = bytesBelow(data);
    assert.ok(srv >= 5300 && srv < 9000, String(srv));
    const db = bytesBelow(machine.pathOf('branch', id, 'db'));
    const app = bytesBelow(machine.pathOf('branch', id, 'app'));
    const system = bytesBelow(machine.pathOf('branch', id)) + bytesBelow(machine.pathOf('branch', 'debian-12.1'));
    assert.deepEqual(lossesIn(machine, 'config'), [{ name: 'app', bytes: app }]);
    assert.deepEqual(
      lossesIn(machine, 'system').map(({ name }) => name),
      ['app', 'db'],
    );
    assert.deepEqual(lossesIn(machine, 'total'), [
      ...[
        { name: 'app', bytes: app },
        { name: 'db', bytes: db },
      ],
      ...[
        { name: 'srv', bytes: srv },
        { name: 'system', bytes: system },
      ],
    ]);
    execFileSync('btrfs', ['-q', 'subvolume', 'delete', machine.pathOf('branch', id, 'db')]);
    rmSync(`${machine.pathOf('branch', id, 'db')}.json`);
    assert.deepEqual(lossesIn(machine, 'total')[1], { name: 'db', bytes: 0, isLeast: true });
  });
});

test('case 75: files that vanish while they are counted are none; of what cannot be read the rest is counted, and said to be the least', async () => {
  await withMachine(async (machine) => {
    fill(machine.root, { ...release(12), 'srv/people': 'x'.repeat(5000), 'srv/inner/one': 'y'.repeat(70) });
    await machine.init(machine.image('base', release(12)));
    await goTo(machine, await machine.import(machine.image('next', release(13))), 'debian-12.1');
    const srv = bytesBelow(machine.pathOf('branch', 'main', 'srv'));
    const told = (code: string): Loss | undefined => {
      const { system } = machine.place;
      const openRoot = (directory: string): Files => {
        const files = system.openRoot(directory);
        const list = methodOf(files, 'list');
        intercept(files, 'list', ([path]) => {
          if (path === '/inner') throw new SystemCallError(code, 'getdents64', '/inner');
          return list([path]);
        });
        return files;
      };
      const place = { ...machine.place, system: { ...system, openRoot } };
      return lossesOf(place, { mode: 'total' }).find(({ name }) => name === 'srv');
    };
    assert.deepEqual(told('ENOENT'), { name: 'srv', bytes: srv - 70 });
    assert.deepEqual(told('EUCLEAN'), { name: 'srv', bytes: srv - 70, isLeast: true });
  });
});
