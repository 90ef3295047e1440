import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { grub } from '../../../src/boot/grub/loader.ts';
import { menuName, renderMenu } from '../../../src/boot/grub/menu.ts';
import { withDirectory } from '../../../src/files/with-directory.ts';
import { writeDurably } from '../../../src/files/write-durably.ts';
import { makeImage, withDevice, withImage, withLoggedDisk } from '../../crash/logged-disk.ts';
import { readWriteLog, replay } from '../../crash/write-log.ts';
import { seededRandom } from '../../merge/text/random.ts';
import { system } from './loader-directory.ts';
import { menu } from './menus.ts';

const path = '/migrate';
const next = { ...menu, trial: null };
const texts = [menu, next].map((one) => renderMenu(one, { path }));

/** Replaces the menu, in the loader's directory. */
type Replace = (directory: string) => void;

/** What GRUB reads of the menu after power cuts at every write while it is replaced, twice each. */
async function menusAfterCuts(replace: Replace): Promise<(string | null)[]> {
  const directory = mkdtempSync('/dev/shm/migrate-menu-');
  const [mountpoint, image, start, cut] = ['mnt', 'image', 'start', 'cut'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
    string,
  ];
  try {
    mkdirSync(mountpoint);
    makeImage('ext4', image);
    await withImage(image, mountpoint, () => {
      mkdirSync(join(mountpoint, path));
      const loader = grub.open({ directory: join(mountpoint, path), path }, system);
      loader.install();
      loader.writeMenu(menu);
    });
    copyFileSync(image, start);
    const log = await withLoggedDisk(directory, image, async (logged) => {
      await withDevice(logged.disk, mountpoint, () => replace(join(mountpoint, path)));
      return logged.log;
    });
    const entries = readWriteLog(log);
    const random = seededRandom(110);
    return entries.flatMap((_, at) => {
      const durable = entries.slice(0, at).findLastIndex(({ flush }) => flush) + 1;
      return [0.3, 0.7].map((chance) => {
        execFileSync('cp', ['--sparse=always', start, cut]);
        const kept = entries.slice(durable, at).filter(() => random.chance(chance));
        replay([...entries.slice(0, durable), ...kept], log, cut);
        return readByGrub(cut);
      });
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function readByGrub(image: string): string | null {
  try {
    return execFileSync('grub-fstest', [image, 'cat', `(loop0)${path}/${menuName}`], {
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return null;
  }
}

test('case 110: wherever the power is cut while the menu is replaced, GRUB reads the old one or the new one', async () => {
  const found = await menusAfterCuts((directory) => grub.open({ directory, path }, system).writeMenu(next));
  assert.ok(found.length > 20, `${found.length} cuts`);
  assert.deepEqual(
    found.filter((text) => text === null || !texts.includes(text)),
    [],
  );
  for (const text of texts) assert.ok(found.includes(text));
});

test('control: a menu that is renamed before it is in its place, then brought there, can be empty for GRUB', async () => {
  const found = await menusAfterCuts((directory) => {
    withDirectory(system, directory, (files) => writeDurably(files, `/${menuName}`, texts[1] ?? ''));
    system.mounts.checkpoint(directory);
  });
  assert.ok(found.some((text) => text === null || !texts.includes(text)));
});
