import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { boot } from './boot-machine.ts';
import { fill, imageContent, withMachine } from './machine.ts';
import { runLayered } from './run-layered.ts';

test('cases 64, 120: stage says on ext4 and xfs what the first filling of volumes takes, and arms nothing that has no room', () => {
  runLayered(join(import.meta.dirname, 'room-program.ts'));
});

test('on btrfs the first filling of volumes takes no room, and none is asked for; what is carried is', async () => {
  await withMachine(
    async (machine) => {
      const declaration = { 'etc/migrate/volumes.d/local.volume': 'volume srv /srv class=data\n' };
      await machine.init(machine.image('base', imageContent(12)));
      fill(machine.root, { ...declaration, 'srv/letter': 'letter\n' });
      const free = (): number => {
        execFileSync('sync', ['--file-system', machine.top]);
        const { bavail, bsize } = statfsSync(machine.top);
        return bavail * bsize;
      };
      const write = (path: string, bytes: number): void => {
        fill(machine.root, { [path]: '' });
        const count = Math.ceil(bytes / 2 ** 20);
        const words = [`of=${join(machine.root, path)}`, 'bs=1M', `count=${count}`, 'conv=fsync'];
        execFileSync('dd', ['if=/dev/urandom', ...words], { stdio: 'pipe' });
      };
      const image = await machine.import(machine.image('next', imageContent(13)));
      // Looked at first, and of its own kind: it cannot be shared with a file that has checksums.
      execFileSync('mount', ['-o', 'remount,nodatasum', machine.top]);
      fill(machine.root, { zz: 'unsummed\n'.repeat(1000) });
      execFileSync('mount', ['-o', 'remount,datasum', machine.top]);
      const size = Math.floor(free() * 0.6);
      write('srv/film', size);
      assert.ok(free() < size);
      const { version } = machine.stage({ image, parent: 'debian-12.1' });
      assert.equal(version.state, 'armed');
      write('opt/film', free() * 0.6);
      const { version: second, waiting } = machine.stage({ image, parent: 'debian-12.1' });
      assert.deepEqual([second.state, waiting.map(({ key }) => key)], ['staged', ['no-space:/']]);
      assert.match(
        waiting[0]?.detail ?? '',
        /are free: \d+ MiB in \d+ files and directories for what is carried\. Make/,
      );
      // To fill them takes nothing.
      assert.doesNotMatch(waiting[0]?.detail ?? '', /declare no volume/);
      execFileSync('rm', [join(machine.root, 'opt/film')]);
      await boot(machine, version.id);
      execFileSync('cmp', [join(machine.pathOf('branch', 'main', 'srv'), 'film'), join(machine.root, 'srv/film')]);
    },
    { size: '640M' },
  );
});
