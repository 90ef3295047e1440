import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Plan } from '../../src/domain/plan.ts';
import { listChanges } from '../../src/flows/list-changes.ts';
import { decisions, itemKeys, itemOf, migrated, planned, type Roots, system } from './migration.ts';
import { directory, file, type Tree } from './trees.ts';

/** What the image has in /var. */
const delivered: Tree = {
  '/etc/a': file('a\n'),
  '/etc/fstab': file('LABEL=ROOT / ext4 defaults 0 1\n'),
  '/var/lib/app/db': file('db\n'),
  '/var/log/boot': file('boot\n'),
  '/srv/my data/f': file('f\n'),
};

const root = 'LABEL=ROOT / ext4 defaults 0 1\n';

/** A machine that mounts these places, as an initramfs finds it: nothing is mounted there. */
function unmounted(fstab: string, places: readonly string[]): { base: Tree; ours: Tree } {
  const left = Object.entries(delivered).filter(([path]) => !places.some((place) => path.startsWith(`${place}/`)));
  const mountPoints = places.map((place) => [place, directory()] as const);
  const ours = { ...Object.fromEntries([...mountPoints, ...left]), '/etc/fstab': file(`${root}${fstab}`) };
  return { base: delivered, ours };
}

/** The same on the running system. */
function mountAll(places: readonly string[]): (roots: Roots) => void {
  return ({ ours }) => {
    for (const place of places) {
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(ours, place)]);
      writeFileSync(join(ours, place, 'inside'), 'inside\n');
    }
  };
}

/** What a person is told and what is done, without the names of the directories. */
function essence({ decisions: all, actions, items }: Plan): unknown {
  return { decisions: all, actions, items };
}

for (const [what, fstab, places] of [
  ['/var', 'server:/var\t/var\tnfs\tdefaults 0 2\n', ['/var']],
  ['/var and /var/log', 'server:/var /var nfs defaults 0 2\nserver:/log /var/log nfs defaults 0 2\n', ['/var']],
  ['/var/log alone', 'server:/log /var/log/ nfs defaults 0 2\n', ['/var/log']],
  ['a name with a blank', 'server:/data /srv/my\\040data nfs defaults 0 2\n', ['/srv/my data']],
] as const) {
  test(`case 71: ${what} mounted by fstab is a mount point though nothing is mounted: what the image has there stays`, async () => {
    await migrated(unmounted(fstab, places), ({ result, plan }) => {
      for (const [path] of Object.entries(delivered)) assert.ok(result.exists(path), path);
      assert.deepEqual(decisions(plan), { '/etc/fstab': 'ours' });
      assert.deepEqual(
        itemKeys(plan),
        places.map((place) => `boundary:${place}`),
      );
      const item = itemOf(plan.items, `boundary:${places[0]}`);
      assert.equal(item.severity, 'info');
      assert.equal(item.title, `${places[0]} is a mount point; what is in it is not carried`);
      assert.equal(item.detail, 'The /etc/fstab of this machine mounts it');
    });
  });
}

test('case 71: the running system, where it is mounted, gives the same plan as the initramfs, where it is not', async () => {
  const situation = unmounted('server:/var /var nfs defaults\nserver:/data /srv/my\\040data nfs ro\n', [
    '/var',
    '/srv/my data',
  ]);
  let before: unknown;
  await planned(situation, (plan) => {
    before = timeless(essence(plan));
  });
  await planned({ ...situation, prepare: mountAll(['/var', '/srv/my data']) }, (plan) => {
    assert.deepEqual(timeless(essence(plan)), before);
  });
});

/** Two runs make their files at different times. */
function timeless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, held: unknown) => (key === 'mtime' ? 0 : held)));
}

test('case 71: a mount point that holds something is compared as any directory, and deletions in it are meant', async () => {
  const ours = { ...delivered, '/etc/fstab': file(`${root}server:/var /var nfs defaults\n`) };
  const prepare = ({ ours: at }: Roots): void => rmSync(join(at, 'var/lib/app/db'));
  await migrated({ base: delivered, ours, prepare }, ({ result, plan }) => {
    assert.deepEqual(decisions(plan), { '/etc/fstab': 'ours', '/var/lib/app/db': 'deleted' });
    assert.deepEqual(itemKeys(plan), []);
    assert.ok(result.exists('/var/log/boot') && !result.exists('/var/lib/app/db'));
  });
});

test('case 71: a mount point that the machine no longer has was deleted here, whatever fstab says', async () => {
  const situation = unmounted('server:/data /srv/my\\040data nfs defaults\n', ['/srv/my data']);
  const prepare = ({ ours }: Roots): void => rmSync(join(ours, 'srv'), { recursive: true });
  await migrated({ ...situation, prepare }, ({ result, plan }) => {
    assert.ok(!result.exists('/srv'));
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 71: an emptied directory that fstab does not mount was emptied here', async () => {
  for (const fstab of ['', '# server:/var /var nfs defaults\n', 'server:/var /variable nfs defaults\n']) {
    await migrated(unmounted(fstab, ['/var/log']), ({ result, plan }) => {
      assert.deepEqual(result.names('/var/log'), []);
      assert.equal(decisions(plan)['/var/log/boot'], 'deleted');
    });
  }
});

test('case 121: an fstab that is a link is not followed, and mounts nothing', async () => {
  const situation = unmounted('', ['/var/log']);
  const prepare = ({ ours, outside }: Roots): void => {
    writeFileSync(join(outside, 'fstab'), 'server:/log /var/log nfs defaults\n');
    rmSync(join(ours, 'etc/fstab'));
    execFileSync('ln', ['-s', join(outside, 'fstab'), join(ours, 'etc/fstab')]);
  };
  await migrated({ ...situation, prepare }, ({ plan }) => {
    assert.equal(decisions(plan)['/var/log/boot'], 'deleted');
  });
});

test('case 71: what was changed here does not count what lies in a mount point of fstab either', async () => {
  const situation = { ...unmounted('server:/var /var nfs defaults\n', ['/var']) };
  await planned(situation, (_plan, roots) => {
    const request = { base: roots.base, old: roots.ours, policyFiles: null, onProgress: () => undefined };
    const { changes, boundaries } = listChanges(system, request);
    assert.deepEqual(
      changes.map(({ path }) => path),
      ['/etc/fstab'],
    );
    assert.deepEqual(boundaries, [{ path: '/var', side: 'ours', kind: 'mount', empty: true, declared: true }]);
  });
});

test('case 121: a required rule looks for its path on the root alone: neither in mounts nor in other roots', async () => {
  const base = { '/etc/a': file('a\n'), '/srv/data': directory() };
  const policy = 'persist /srv/data/inside required\npersist /srv/**/inside required\npersist /srv/data required\n';
  const missing = ['required:/srv/data/inside', 'required:/srv/**/inside'];
  const isRequired = (key: string): boolean => key.startsWith('required:');
  await planned({ base, ours: base, policy, prepare: mountAll(['/srv/data']) }, (plan) => {
    assert.deepEqual(itemKeys(plan).filter(isRequired), missing);
  });
  await planned({ base, ours: { ...base, '/srv/data/inside': file('') }, policy }, (plan) => {
    assert.deepEqual(itemKeys(plan).filter(isRequired), []);
  });
  await planned({ base, ours: base, policy, prepare: ({ ours }) => mkdirSync(join(ours, 'srv/inside')) }, (plan) => {
    assert.deepEqual(itemKeys(plan).filter(isRequired), ['required:/srv/data/inside']);
  });
});
