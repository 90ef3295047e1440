import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decisionOf, decisions, inventory, itemKeys, itemOf, migrated, type Roots } from './migration.ts';
import { directory, file } from './trees.ts';

/** Mounts a tmpfs with one file in it. */
function mountAt(directoryPath: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', directoryPath]);
  writeFileSync(join(directoryPath, 'inside'), 'inside\n');
}

function subvolumeAt(path: string): void {
  rmSync(path, { recursive: true, force: true });
  execFileSync('btrfs', ['-q', 'subvolume', 'create', path], { stdio: 'ignore' });
  writeFileSync(join(path, 'inside'), 'inside\n');
}

const tree = { '/srv/data': directory(), '/srv/data/f': file('f\n'), '/etc/a': file('a\n') };

test('a mount in the old system is named and not crossed, and what it covers is not taken for deleted', async () => {
  const situation = {
    base: tree,
    ours: { ...tree, '/etc/a': file('A\n'), '/mnt/usb': directory() },
    prepare: ({ ours }: Roots) => {
      mountAt(join(ours, 'srv/data'));
      mountAt(join(ours, 'mnt/usb'));
    },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/srv/data'), ['f']);
    assert.equal(result.mode('/srv/data'), '755');
    assert.deepEqual(result.names('/mnt/usb'), []);
    assert.deepEqual(decisions(plan), { '/etc/a': 'ours', '/mnt': 'ours', '/mnt/usb': 'ours' });
    assert.deepEqual(itemKeys(plan), ['boundary:/mnt/usb', 'boundary:/srv/data']);
    assert.equal(itemOf(plan.items, 'boundary:/srv/data').severity, 'warning');
  });
});

test('a mount on a file of the old system is named, and the file under it is left to the image', async () => {
  const situation = {
    base: { '/etc/resolv.conf': file('image\n') },
    ours: { '/etc/resolv.conf': file('image\n') },
    prepare: ({ ours, outside }: Roots) => {
      writeFileSync(join(outside, 'stub'), 'stub\n');
      execFileSync('mount', ['--bind', join(outside, 'stub'), join(ours, 'etc/resolv.conf')]);
    },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/resolv.conf'), 'image\n');
    assert.deepEqual(itemKeys(plan), ['boundary:/etc/resolv.conf']);
  });
});

test('a nested subvolume of the old system is named and not carried, empty or not', async () => {
  const situation = {
    on: 'btrfs',
    base: tree,
    ours: tree,
    prepare: ({ ours }: Roots) => {
      subvolumeAt(join(ours, 'srv/images'));
      subvolumeAt(join(ours, 'srv/empty'));
      rmSync(join(ours, 'srv/empty/inside'));
    },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/srv/images'), []);
    assert.deepEqual(itemKeys(plan), ['boundary:/srv/empty', 'boundary:/srv/images']);
    assert.deepEqual(
      plan.items.map(({ severity }) => severity),
      ['info', 'warning'],
    );
    assert.match(
      itemOf(plan.items, 'boundary:/srv/images').title,
      /is a nested subvolume; what is in it is not carried/,
    );
  });
});

test('what the old image has under a mount was not compared: what the machine has there is carried as its own', async () => {
  const situation = {
    base: tree,
    ours: { ...tree, '/srv/data/f': file('mine\n') },
    prepare: ({ base }: Roots) => mountAt(join(base, 'srv/data')),
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/srv/data/f'), 'mine\n');
    assert.equal(decisionOf(plan, '/srv/data/f').change, 'added');
    assert.ok(itemKeys(plan).includes('boundary-base:/srv/data'));
  });
});

for (const [what, on, make] of [
  ['mount', 'tmpfs', mountAt],
  ['nested subvolume', 'btrfs', subvolumeAt],
] as const) {
  test(`a removal never descends into a ${what} of the new root: its directory stays, and an item says so`, async () => {
    let before: string[] = [];
    const situation = {
      on,
      base: tree,
      ours: { '/etc/a': file('A\n') },
      prepare: ({ theirs }: Roots) => {
        make(join(theirs, 'srv/data'));
        before = inventory(join(theirs, 'srv/data'));
      },
    } as const;
    await migrated(situation, ({ result, plan, roots }) => {
      assert.deepEqual(inventory(join(roots.theirs, 'srv/data')), before);
      assert.equal(result.text('/etc/a'), 'A\n');
      assert.equal(decisionOf(plan, '/srv').decision, 'parent');
      assert.equal(decisionOf(plan, '/srv/data').decision, 'not-carried');
      assert.equal(itemOf(plan.items, 'boundary-there:/srv/data').severity, 'warning');
    });
  });

  test(`nothing is written into a ${what} of the new root: what changed there waits for a word`, async () => {
    let before: string[] = [];
    const situation = {
      on,
      base: tree,
      ours: { ...tree, '/srv/data/f': file('mine\n'), '/srv/data/new/x': file('x\n') },
      prepare: ({ theirs }: Roots) => {
        make(join(theirs, 'srv/data'));
        before = inventory(join(theirs, 'srv/data'));
      },
    } as const;
    await migrated(situation, ({ applied, plan }) => {
      assert.equal(applied.status, 'waiting');
      const item = itemOf(plan.items, 'boundary-there:/srv/data');
      assert.deepEqual([item.severity, item.settled], ['error', null]);
      assert.deepEqual(item.paths, ['/srv/data/f', '/srv/data/new', '/srv/data/new/x']);
    });
    await migrated({ ...situation, answers: { 'boundary-there:/srv/data': 'skip' } }, ({ applied, roots }) => {
      assert.equal(applied.status, 'done');
      assert.deepEqual(inventory(join(roots.theirs, 'srv/data')), before);
    });
  });
}

test('a link of the user does not take the place of a directory in which the new root has a mount', async () => {
  const situation = {
    base: tree,
    ours: { '/etc/a': file('a\n') },
    prepare: ({ ours, theirs, outside }: Roots) => {
      symlinkSync(outside, join(ours, 'srv'));
      mountAt(join(theirs, 'srv/data'));
    },
    answers: { 'boundary-there:/srv/data': 'skip' },
  };
  await migrated(situation, ({ result, plan, roots }) => {
    assert.ok(result.stat('/srv').isDirectory());
    assert.equal(readFileSync(join(roots.theirs, 'srv/data/inside'), 'latin1'), 'inside\n');
    assert.equal(decisionOf(plan, '/srv').decision, 'not-carried');
    assert.match(itemOf(plan.items, 'boundary-there:/srv/data').title, /of the new root is a mount point/);
  });
});

test('an empty mount point that the user made is carried without a question', async () => {
  const situation = {
    base: { '/etc/a': file('a\n') },
    ours: { '/etc/a': file('a\n') },
    prepare: ({ ours }: Roots) => {
      mkdirSync(join(ours, 'data'));
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(ours, 'data')]);
    },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.ok(result.stat('/data').isDirectory());
    assert.equal(itemOf(plan.items, 'boundary:/data').severity, 'info');
  });
});
