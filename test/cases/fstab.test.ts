import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Plan } from '../../src/domain/plan.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { decisionOf, itemKeys, itemOf, migrated, planned } from './migration.ts';
import { file, run, symlink, type Tree } from './trees.ts';

const image = (root: string): string => `# /etc/fstab: static file system information.
${root} / ext4 errors=remount-ro 0 1
tmpfs /tmp tmpfs mode=1777 0 0
`;

function tree(fstab: string): Tree {
  return { '/etc/fstab': file(fstab), '/etc/hostname': file('x\n') };
}

/** Keys of the items that the strategy raised. */
function fstabItems(plan: Plan): string[] {
  return itemKeys(plan).filter((key) => key.startsWith('fstab-'));
}

/** Mount points with their sources and options, as mount(8) reads them. */
function readByMount(path: string): string[] {
  const columns = ['--noheadings', '--raw', '--output', 'TARGET,SOURCE,OPTIONS'];
  return execFileSync('findmnt', ['--tab-file', path, ...columns], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

test('case 52: mounts and options of the machine meet the root of the new image', async () => {
  const ours = image('UUID=old')
    .replace('errors=remount-ro', 'noatime,errors=remount-ro')
    .concat('server:/home\t/home\tnfs\tro,x-initrd.mount\n', 'tmpfs /my\\040data tmpfs size=1M\n');
  const theirs = image('LABEL=new').replace('mode=1777', 'mode=1777,nosuid');
  await migrated({ base: tree(image('UUID=old')), ours: tree(ours), theirs: tree(theirs) }, ({ result, plan }) => {
    assert.deepEqual(fstabItems(plan), []);
    assert.equal(decisionOf(plan, '/etc/fstab').strategy, 'fstab');
    assert.deepEqual(readByMount(join(result.directory, 'etc/fstab')), [
      '/ LABEL=new noatime,errors=remount-ro',
      '/tmp tmpfs mode=1777,nosuid',
      '/home server:/home ro,x-initrd.mount',
      '/my\\x20data tmpfs size=1M',
    ]);
    assert.ok(result.text('/etc/fstab').startsWith('# /etc/fstab: static file system information.\n'));
  });
});

test('case 52: a broad rule for lines does not take /etc/fstab from its strategy, one that names it does', async () => {
  const ours = image('UUID=old').replace('errors', 'noatime,errors');
  const trees = { base: tree(image('UUID=old')), ours: tree(ours), theirs: tree(image('LABEL=new')) };
  await migrated({ ...trees, policy: 'persist /etc/** strategy=merge\n' }, ({ result }) => {
    assert.match(result.text('/etc/fstab'), /^LABEL=new \/ ext4 noatime,errors=remount-ro 0 1$/m);
  });
  await migrated({ ...trees, policy: 'persist /etc/fstab strategy=copy\n' }, ({ result }) => {
    assert.equal(result.text('/etc/fstab'), ours);
  });
  await migrated({ ...trees, policy: 'ignore /etc/fstab\n' }, ({ result }) => {
    assert.equal(result.text('/etc/fstab'), image('LABEL=new'));
  });
});

test('case 52: an fstab that was not changed here is the one of the image, whatever is in it', async () => {
  const base = tree(image('UUID=old'));
  await migrated({ base, ours: { ...base, '/etc/hostname': file('y\n') }, theirs: tree('# none\n') }, ({ result }) => {
    assert.equal(result.text('/etc/fstab'), '# none\n');
  });
});

test('case 52: where the image has no fstab, that of the machine stays without the old root', async () => {
  const { '/etc/fstab': _none, ...without } = tree('');
  const ours = tree(`${image('UUID=old')}server:/srv /srv nfs ro 0 0\n`);
  await migrated({ base: without, ours, theirs: without }, ({ result, plan }) => {
    assert.deepEqual(fstabItems(plan), ['fstab-entry:/']);
    assert.equal(
      result.text('/etc/fstab'),
      ours['/etc/fstab'] &&
        image('')
          .replace(/^ \/ .*\n/m, '')
          .concat('server:/srv /srv nfs ro 0 0\n'),
    );
  });
});

test('an fstab that is a link on either side, or was deleted here, goes the usual way', async () => {
  const base = tree(image('UUID=old'));
  const link = { ...base, '/etc/fstab': symlink('fstab.d/mine') };
  await migrated({ base, ours: link, theirs: tree(image('LABEL=new')) }, ({ result }) => {
    assert.equal(result.target('/etc/fstab'), 'fstab.d/mine');
  });
  await planned({ base, ours: tree(`${image('UUID=old')}#\n`), theirs: link }, (plan) => {
    assert.notEqual(decisionOf(plan, '/etc/fstab').strategy, 'fstab');
  });
});

test('the mode of a merged fstab is merged too', async () => {
  const base = tree(image('UUID=old'));
  const situation = { base, ours: tree(`${image('UUID=old')}#\n`), theirs: tree(image('LABEL=new')) };
  const prepare = ({ ours }: { ours: string }): void => chmodSync(join(ours, 'etc/fstab'), 0o600);
  await migrated({ ...situation, prepare }, ({ result }) => {
    assert.equal(result.mode('/etc/fstab'), '600');
    assert.equal(result.text('/etc/fstab'), `${image('LABEL=new')}#\n`);
  });
});

test('case 52: a device that is there is no item, and one that is not is an error with ways out', async () => {
  await withFilesystem('ext4', async (mountpoint) => {
    const node = run('findmnt', '--noheadings', '--output', 'SOURCE', mountpoint).trim();
    const uuid = run('blkid', '--match-tag', 'UUID', '--output', 'value', node).trim();
    const base = tree(image('UUID=old'));
    const mine = `UUID=${uuid} /data ext4 ro 0 0\n${node} /more ext4 ro 0 0\nUUID=00000000-dead /gone ext4 defaults 0 0\n`;
    const situation = { base, ours: tree(image('UUID=old') + mine), theirs: tree(image('LABEL=new')) };
    await migrated(situation, ({ plan, result, applied }) => {
      assert.deepEqual(fstabItems(plan), ['fstab-device:/gone']);
      const item = itemOf(plan.items, 'fstab-device:/gone');
      assert.deepEqual(
        [item.severity, item.blocks, item.settled],
        ['error', 'boot', { resolution: 'keep', by: 'default' }],
      );
      assert.equal(applied.status, 'done');
      assert.equal(result.text('/etc/fstab'), image('LABEL=new') + mine);
    });
    await migrated({ ...situation, answers: { 'fstab-device:/gone': 'nofail' } }, ({ result }) => {
      assert.match(result.text('/etc/fstab'), /^UUID=00000000-dead \/gone ext4 nofail 0 0$/m);
    });
    await migrated({ ...situation, answers: { 'fstab-device:/gone': 'drop' } }, ({ result }) => {
      assert.doesNotMatch(result.text('/etc/fstab'), /gone/);
    });
  });
});
