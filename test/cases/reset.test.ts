import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noChoices } from '../../src/domain/choices.ts';
import { planMigration, withTrees } from '../../src/flows/plan-migration.ts';
import {
  apply,
  decisions,
  inventory,
  itemKeys,
  itemOf,
  migrated,
  planned,
  requestOf,
  system,
  withRoots,
} from './migration.ts';
import { file, type Tree } from './trees.ts';

const policy = `default persist
ignore /usr/**
persist /etc/** strategy=merge
persist /etc/machine-id class=identity
persist /etc/ssh/ssh_host_* class=identity
persist /etc/network/** class=network
`;

const factory: Tree = {
  '/etc/machine-id': file(''),
  '/etc/shadow': file('root:*:1::::::\n', { mode: 0o640 }),
  '/etc/app.conf': file('default\n'),
  '/etc/network/interfaces': file('auto lo\n'),
  '/var/lib/app/data': file('empty\n'),
};
const used: Tree = {
  ...factory,
  '/etc/machine-id': file('0123456789abcdef0123456789abcdef\n'),
  '/etc/shadow': file('root:secret:1::::::\n', { mode: 0o640 }),
  '/etc/shadow-': file('root:older-secret:1::::::\n', { mode: 0o640 }),
  '/etc/ssh/ssh_host_ed25519_key': file('key\n', { mode: 0o600 }),
  '/etc/app.conf': file('mine\n'),
  '/etc/network/interfaces': file('auto lo eth0\n'),
  '/var/lib/app/data': file('much\n'),
  '/srv/notes': file('mine\n'),
};

test('case 74: a reset of everything leaves nothing of the old secrets, the backups of shadow included', async () => {
  const situation = { base: factory, ours: used, policy, reset: { mode: 'system', keep: [] } } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/etc'), ['app.conf', 'machine-id', 'network', 'shadow']);
    assert.equal(result.text('/etc/shadow'), 'root:*:1::::::\n');
    assert.equal(result.text('/etc/machine-id'), '');
    assert.ok(!result.exists('/srv'));
    assert.deepEqual(plan.actions, []);
  });
});

test('case 74: a reset of the settings keeps the rest of the root', async () => {
  const situation = { base: factory, ours: used, policy, reset: { mode: 'config', keep: [] } } as const;
  await migrated(situation, ({ result }) => {
    assert.deepEqual(result.names('/etc'), ['app.conf', 'machine-id', 'network', 'shadow']);
    assert.equal(result.text('/etc/app.conf'), 'default\n');
    assert.equal(result.text('/var/lib/app/data'), 'much\n');
    assert.equal(result.text('/srv/notes'), 'mine\n');
  });
});

test('cases 54, 74: what is kept by its class or by a pattern stays, and only that', async () => {
  const reset = { mode: 'system', keep: ['identity', '/etc/app.*'] } as const;
  await migrated({ base: factory, ours: used, policy, reset }, ({ result }) => {
    assert.equal(result.text('/etc/machine-id'), '0123456789abcdef0123456789abcdef\n');
    assert.equal(result.text('/etc/ssh/ssh_host_ed25519_key'), 'key\n');
    assert.equal(result.text('/etc/app.conf'), 'mine\n');
    assert.equal(result.text('/etc/network/interfaces'), 'auto lo\n');
    assert.equal(result.text('/etc/shadow'), 'root:*:1::::::\n');
  });
});

test('case 74: a reset of the settings names the homes whose accounts go, and --keep accounts keeps them', async () => {
  const base: Tree = {
    ...factory,
    '/etc/passwd': file('root:x:0:0::/root:/bin/sh\n'),
    '/etc/group': file('root:x:0:\n'),
  };
  const ours: Tree = {
    ...base,
    '/etc/passwd': file(
      'root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\nd:x:990:990::/nonexistent:/\n',
    ),
    '/etc/group': file('root:x:0:\nalice:x:1000:\n'),
    '/home/alice/notes': file('mine\n', { owner: [1000, 1000] }),
  };
  const situation = { base, ours, policy, reset: { mode: 'config', keep: [] } } as const;
  await migrated(situation, ({ result, plan }) => {
    const item = itemOf(plan.items, 'account-home:/etc/passwd');
    assert.equal(item.severity, 'warning');
    assert.match(item.title, /: \/home\/alice \(alice\)$/);
    assert.match(item.detail, /"--keep accounts" keeps/);
    assert.equal(result.text('/home/alice/notes'), 'mine\n');
    assert.doesNotMatch(result.text('/etc/passwd'), /alice/);
  });
  await migrated({ ...situation, reset: { mode: 'config', keep: ['accounts'] } }, ({ result, plan }) => {
    assert.match(result.text('/etc/passwd'), /^alice:x:1000:1000:/m);
    assert.match(result.text('/etc/group'), /^alice:x:1000:$/m);
    assert.equal(result.text('/etc/app.conf'), 'default\n');
    assert.ok(!itemKeys(plan).includes('account-home:/etc/passwd'));
  });
  await planned({ ...situation, reset: { mode: 'system', keep: [] } }, (plan) => assert.deepEqual(itemKeys(plan), []));
});

/** An image with an account of a number, which owns a file of it, and another that owns none. */
const withAccount = (app: number, more: { readonly passwd?: string; readonly group?: string } = {}): Tree => ({
  ...factory,
  '/etc/passwd': file(
    `root:x:0:0::/root:/bin/sh\n_app:x:${app}:${app}:of the image:/:/bin/false\n${more.passwd ?? ''}`,
  ),
  '/etc/group': file(`root:x:0:\n_app:x:${app}:\n${more.group ?? ''}`),
  '/usr/lib/app/spool': file('image\n', { owner: [app, app] }),
});

for (const mode of ['config', 'system'] as const) {
  test(`cases 45, 74: after a reset (${mode}) the accounts are those of the image, and data belongs to whom it belonged`, async () => {
    const own = { passwd: '_own:x:901:901::/var/lib/own:/bin/false\n', group: '_own:x:901:\n' };
    const ours: Tree = {
      ...withAccount(900, { passwd: `${own.passwd}alice:x:1000:1000::/home/alice:/bin/sh\n`, group: own.group }),
      '/etc/passwd-': file('root:x:0:0::/root:/bin/sh\n'),
      '/var/lib/app/rows': file('mine\n', { owner: [900, 900] }),
    };
    const passwd = 'new:x:1000:901::/:/bin/false\n';
    const theirs = withAccount(901, { passwd, group: 'new:x:1000:\n' });
    const situation = { base: withAccount(899), ours, theirs, policy, reset: { mode, keep: [] } } as const;
    await migrated(situation, ({ result, plan }) => {
      const [root, app, added = '', ...others] = result.text('/etc/passwd').trimEnd().split('\n');
      assert.deepEqual([root, app], ['root:x:0:0::/root:/bin/sh', '_app:x:900:900:of the image:/:/bin/false']);
      // Neither what alice has left nor what _own has is given to somebody who comes.
      const [name, , uid, gid] = added.split(':');
      assert.deepEqual([name, gid, others], ['new', '900', []]);
      assert.ok(!['900', '901', '1000'].includes(uid ?? ''), added);
      assert.match(result.text('/etc/group'), /^_app:x:900:$/m);
      assert.deepEqual(result.owner('/usr/lib/app/spool'), [900, 900]);
      assert.equal(result.text('/etc/shadow'), 'root:*:1::::::\n');
      assert.ok(!result.exists('/etc/passwd-'));
      if (mode === 'config') assert.deepEqual(result.owner('/var/lib/app/rows'), [900, 900]);
      assert.ok(plan.items.every(({ severity }) => severity !== 'error'));
      const decision = plan.decisions.find(({ path }) => path === '/etc/passwd');
      assert.equal(decision?.reason, 'the accounts of the image, with the numbers that they have here');
    });
  });
}

test('a reset of everything has the accounts and the numbers of the image', async () => {
  const [ours, theirs] = [withAccount(900), withAccount(901)];
  const situation = { base: withAccount(900), ours, theirs, policy, reset: { mode: 'total', keep: [] } } as const;
  await migrated(situation, ({ result }) => {
    assert.match(result.text('/etc/passwd'), /^_app:x:901:901:/m);
    assert.deepEqual(result.owner('/usr/lib/app/spool'), [901, 901]);
  });
});

for (const mode of ['config', 'system', 'total'] as const) {
  test(`case 52: after a reset (${mode}) the fstab is the one of the image, with the entry by which the store is found`, async () => {
    const ofStore = '/dev/mapper/vg0-store /migrate ext4 defaults 0 2\n';
    const ofImage = 'tmpfs /tmp tmpfs defaults 0 0\n';
    const own = `# Of this machine\n${ofStore}LABEL=DATA /data ext4 nofail 0 0\n`;
    const fstabs = (ours: string, theirs: string) => ({
      base: { ...factory, '/etc/fstab': file('') },
      ours: { ...used, '/etc/fstab': file(ours) },
      theirs: { ...factory, '/etc/fstab': file(theirs) },
    });
    const reset = { mode, keep: [] } as const;
    await migrated({ ...fstabs(own, ofImage), policy, reset }, ({ result, plan }) => {
      assert.equal(result.text('/etc/fstab'), `${ofImage}${ofStore}`);
      const decision = plan.decisions.find(({ path }) => path === '/etc/fstab');
      assert.equal(decision?.reason, 'the fstab of the image, with the entry by which this machine finds its store');
    });
    const elsewhere = 'LABEL=STORE /migrate ext4 defaults 0 2\n';
    await migrated({ ...fstabs(own, elsewhere), policy, reset }, ({ result }) => {
      assert.equal(result.text('/etc/fstab'), elsewhere);
    });
    await migrated({ ...fstabs('LABEL=DATA /data ext4 nofail 0 0\n', ofImage), policy, reset }, ({ result }) => {
      assert.equal(result.text('/etc/fstab'), ofImage);
    });
  });
}

test('case 75: a preview of a reset names what goes and what stays, and changes nothing', async () => {
  const reset = { mode: 'config', keep: ['network'] } as const;
  await planned({ base: factory, ours: used, policy, reset }, (plan) => {
    assert.deepEqual(decisions(plan), {
      '/etc/app.conf': 'ignored',
      '/etc/machine-id': 'ignored',
      '/etc/network/interfaces': 'ours',
      '/etc/shadow': 'ignored',
      '/etc/shadow-': 'ignored',
      '/etc/ssh': 'ignored',
      '/etc/ssh/ssh_host_ed25519_key': 'ignored',
      '/srv': 'ours',
      '/srv/notes': 'ours',
      '/var/lib/app/data': 'ours',
    });
    assert.match(plan.decisions[0]?.reason ?? '', /the reset takes the settings of the image/);
  });
});

function decisionsBetween(base: string, ours: string, theirs: string): Record<string, string> {
  const request = requestOf({ base, ours, theirs, outside: '' }, { policy }, noChoices);
  return decisions(withTrees(system, request, (trees) => planMigration(system, trees, request).plan));
}

test('case 75: a reset is undone by going back to the tree before it, which it left as it was', async () => {
  const situation = { base: factory, ours: used, policy, reset: { mode: 'system', keep: [] } } as const;
  await withRoots(situation, (roots) => {
    const before = inventory(roots.ours);
    assert.equal(apply(roots, situation).status, 'done');
    assert.deepEqual(inventory(roots.ours), before);
    const back = decisionsBetween(roots.base, roots.ours, roots.theirs);
    assert.equal(back['/etc/shadow'], 'ours', 'all that was taken back is still to be found there');
    assert.equal(back['/srv/notes'], 'ours');
  });
});

test('a class that no rule has is refused before anything is looked at', async () => {
  const reset = { mode: 'system', keep: ['identiy'] } as const;
  const situation = { base: factory, ours: used, policy, reset };
  await withRoots(situation, async () => {
    await assert.rejects(
      planned(situation, () => undefined),
      /Cannot keep "identiy"/,
    );
  });
});
