import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decisionOf, itemKeys, itemOf, type Migrated, migrated } from './migration.ts';
import { file, symlink, type Tree } from './trees.ts';
import {
  danglingLinks,
  image,
  machineId,
  plainUnit,
  readsDropIn,
  service,
  shipped,
  stateOf,
  systemctl,
} from './unit-trees.ts';

type Update = {
  readonly base: Tree;
  readonly theirs: Tree;
  /** What the user does to the machine. */
  readonly here?: (root: string) => void;
  /** What the builders do to both images, or to one. */
  readonly built?: (root: string, which: 'base' | 'theirs') => void;
};

const wants = '/etc/systemd/system/multi-user.target.wants';
const moved = '/etc/systemd/system/graphical.target.wants';
const atMultiUser = service('WantedBy=multi-user.target');
const atGraphical = service('WantedBy=graphical.target');

/** Builds both images, has the user change the machine, migrates, and checks that no link of the result dangles. */
async function updated({ base, theirs, here, built }: Update, check: (migration: Migrated) => void): Promise<void> {
  await migrated(
    {
      base,
      ours: base,
      theirs,
      prepare: (roots) => {
        built?.(roots.base, 'base');
        built?.(roots.ours, 'base');
        built?.(roots.theirs, 'theirs');
        here?.(roots.ours);
      },
    },
    (migration) => {
      check(migration);
      assert.deepEqual(danglingLinks(migration.result.directory), []);
    },
  );
}

test('case 59: a unit enabled here is enabled at the target to which the image moved it', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser }),
    theirs: image({ 'a.service': atGraphical }),
    here: (root: string) => systemctl(root, 'enable', 'a.service'),
  };
  await updated(update, ({ result, plan }) => {
    assert.equal(stateOf(result.directory, 'a.service'), 'enabled');
    assert.deepEqual([result.exists(`${wants}/a.service`), result.exists(`${moved}/a.service`)], [false, true]);
    assert.equal(decisionOf(plan, `${moved}/a.service`).reason, 'enabled here');
    assert.equal(decisionOf(plan, `${wants}/a.service`).strategy, 'units');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 59: a unit disabled here stays so where the image moved it and ships its link anew', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser }),
    theirs: image({ 'a.service': atGraphical }),
    built: (root: string) => systemctl(root, 'enable', 'a.service'),
    here: (root: string) => systemctl(root, 'disable', 'a.service'),
  };
  await updated(update, ({ result, plan }) => {
    assert.equal(stateOf(result.directory, 'a.service'), 'disabled');
    assert.equal(decisionOf(plan, `${moved}/a.service`).reason, 'disabled here');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 59: a unit that the user did not touch follows the image', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser, 'b.service': atMultiUser }),
    theirs: image({ 'a.service': atGraphical, 'b.service': atMultiUser }),
    built: (root: string, which: string) => systemctl(root, 'enable', which === 'base' ? 'b.service' : 'a.service'),
  };
  await updated(update, ({ result, plan }) => {
    assert.deepEqual(
      ['a', 'b'].map((name) => stateOf(result.directory, `${name}.service`)),
      ['enabled', 'disabled'],
    );
    assert.deepEqual(plan.actions, []);
  });
});

test('case 59: what is masked or unmasked here stays so', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser, 'b.service': atMultiUser, 'c.service': atMultiUser }),
    theirs: image({ 'a.service': atGraphical, 'b.service': atMultiUser, 'c.service': atMultiUser }),
    built: (root: string, which: string) => {
      systemctl(root, 'mask', 'b.service');
      if (which === 'base') return;
      systemctl(root, 'enable', 'a.service', 'c.service');
      rmSync(join(root, 'etc/systemd/system/b.service'));
      writeFileSync(join(root, 'etc/systemd/system/b.service'), '');
    },
    here: (root: string) => {
      systemctl(root, 'mask', 'a.service');
      systemctl(root, 'unmask', 'b.service');
      writeFileSync(join(root, 'etc/systemd/system/c.service'), '');
    },
  };
  await updated(update, ({ result, plan }) => {
    const states = ['a', 'b', 'c'].map((name) => stateOf(result.directory, `${name}.service`));
    assert.deepEqual(states, ['masked', 'disabled', 'masked']);
    assert.deepEqual(itemKeys(plan), []);
  });
});

for (const [how, extra] of [
  ['an alias in its [Install] section', {}],
  ['a link in the image', { 'old.service': symlink('new.service') }],
] as const) {
  const base = image({ 'old.service': atMultiUser });
  const theirs = image({ 'new.service': service('WantedBy=graphical.target', 'Alias=old.service'), ...extra });

  test(`case 59: a renamed unit that keeps its old name by ${how} is enabled as it was`, async () => {
    const here = (root: string): unknown => systemctl(root, 'enable', 'old.service');
    await updated({ base, theirs, here }, ({ result }) => {
      assert.equal(stateOf(result.directory, 'new.service'), 'enabled');
      assert.equal(stateOf(result.directory, 'old.service'), 'alias');
      assert.ok(!result.exists(`${wants}/old.service`));
      assert.ok(result.exists(`${moved}/new.service`));
    });
  });

  test(`case 59: a renamed unit that keeps its old name by ${how} stays disabled`, async () => {
    const built = (root: string, which: string): unknown =>
      systemctl(root, 'enable', which === 'base' ? 'old.service' : 'new.service');
    const here = (root: string): unknown => systemctl(root, 'disable', 'old.service');
    await updated({ base, theirs, here, built }, ({ result, plan }) => {
      assert.equal(stateOf(result.directory, 'new.service'), 'disabled');
      assert.deepEqual(itemKeys(plan), []);
    });
  });

  test(`case 59: a renamed unit that keeps its old name by ${how} stays masked under both`, async () => {
    const built = (root: string, which: string): unknown =>
      systemctl(root, 'enable', which === 'base' ? 'old.service' : 'new.service');
    const here = (root: string): unknown => systemctl(root, 'mask', 'old.service');
    await updated({ base, theirs, here, built }, ({ result }) => {
      assert.equal(stateOf(result.directory, 'new.service'), 'masked');
      assert.equal(stateOf(result.directory, 'old.service'), 'masked');
    });
  });
}

test('case 59: a link to a unit that is gone is not carried, and named', async () => {
  const update = {
    base: image({ 'a.service': service('WantedBy=multi-user.target', 'Alias=b.service') }),
    theirs: image({}),
    here: (root: string) => systemctl(root, 'enable', 'a.service'),
  };
  await updated(update, ({ plan }) => {
    assert.deepEqual(itemKeys(plan), ['unit-gone:/etc/systemd/system/a.service']);
    const { severity, paths } = itemOf(plan.items, 'unit-gone:/etc/systemd/system/a.service');
    assert.deepEqual([severity, paths.length], ['warning', 2]);
  });
});

test("case 59: links to the user's own units are carried, and so is a link that dangled here already", async () => {
  const dangling = '/etc/systemd/system/multi-user.target.wants/nowhere.service';
  const update = {
    base: image({}),
    ours: image({}),
    prepare: ({ ours }: { readonly ours: string }) => {
      mkdirSync(join(ours, 'usr/local/lib/systemd/system'), { recursive: true });
      mkdirSync(join(ours, 'etc/systemd/system'), { recursive: true });
      mkdirSync(join(ours, 'opt'));
      for (const path of ['etc/systemd/system/a.service', 'usr/local/lib/systemd/system/b.service', 'opt/c.service'])
        writeFileSync(join(ours, path), '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n');
      systemctl(ours, 'enable', 'a.service', 'b.service', '/opt/c.service');
      symlinkSync('/usr/lib/systemd/system/nowhere.service', join(ours, dangling));
    },
  };
  await migrated(update, ({ result, plan }) => {
    const states = ['a', 'b', 'c'].map((name) => stateOf(result.directory, `${name}.service`));
    assert.deepEqual(states, ['enabled', 'enabled', 'enabled']);
    assert.deepEqual(danglingLinks(result.directory), [dangling]);
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 59: links made by hand to targets that no [Install] section names are carried', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser, 'old.service': service() }),
    theirs: image({ 'a.service': atMultiUser, 'new.service': service('Alias=old.service') }),
    built: (root: string) => systemctl(root, 'enable', 'a.service'),
    here: (root: string) => systemctl(root, 'add-requires', 'graphical.target', 'a.service', 'old.service'),
  };
  await updated(update, ({ result, plan }) => {
    const folder = '/etc/systemd/system/graphical.target.requires';
    assert.deepEqual(result.names(folder), ['a.service', 'new.service']);
    assert.equal(decisionOf(plan, `${folder}/a.service`).decision, 'ours');
    assert.ok(result.exists(`${wants}/a.service`));
  });
});

test('case 59: instances of templates keep their state, and their aliases', async () => {
  const template = (target: string) => service(`WantedBy=${target}`, 'DefaultInstance=tty1', 'Alias=auto@.service');
  const update = {
    base: image({ 't@.service': template('multi-user.target') }),
    theirs: image({ 't@.service': template('graphical.target') }),
    built: (root: string) => systemctl(root, 'enable', 't@tty1.service'),
    here: (root: string) => {
      systemctl(root, 'disable', 't@tty1.service');
      systemctl(root, 'enable', 't@tty2.service');
    },
  };
  await updated(update, ({ result }) => {
    const states = ['tty1', 'tty2'].map((name) => stateOf(result.directory, `t@${name}.service`));
    assert.deepEqual(states, ['disabled', 'enabled']);
    assert.deepEqual(result.names(moved), ['t@tty2.service']);
    assert.ok(result.exists('/etc/systemd/system/auto@tty2.service'));
  });
});

test('case 59: a unit that goes with one enabled or disabled here, and is new, goes with it', async () => {
  const both = service('WantedBy=multi-user.target', 'Also=%p.socket');
  const update = {
    base: image({ 'a.service': atMultiUser, 'b.service': atMultiUser }),
    theirs: image({
      ...{ 'a.service': both, 'b.service': both },
      ...{ 'a.socket': plainUnit('WantedBy=sockets.target'), 'b.socket': plainUnit('WantedBy=sockets.target') },
    }),
    built: (root: string) => systemctl(root, 'enable', 'b.service'),
    here: (root: string) => {
      systemctl(root, 'enable', 'a.service');
      systemctl(root, 'disable', 'b.service');
    },
  };
  await updated(update, ({ result }) => {
    const states = ['a', 'b'].map((name) => stateOf(result.directory, `${name}.socket`));
    assert.deepEqual(states, ['enabled', 'disabled']);
  });
});

test('case 59: the [Install] section of a drop-in counts', async () => {
  const dropIn = '/usr/lib/systemd/system/a.service.d/10-x.conf';
  const update = {
    base: image({ 'a.service': atMultiUser }),
    theirs: image({ 'a.service': atMultiUser, [dropIn]: file('[Install]\nWantedBy=\nWantedBy=graphical.target\n') }),
    here: (root: string) => systemctl(root, 'enable', 'a.service'),
  };
  await updated(update, ({ result }) => {
    assert.ok(result.exists(`${moved}/a.service`));
    assert.ok(!result.exists(`${wants}/a.service`));
  });
});

test('case 59: the default target and the display manager that were chosen here stay', async () => {
  const manager = service('Alias=display-manager.service');
  const update = {
    base: image({ 'lightdm.service': manager, 'sddm.service': manager }),
    theirs: image({ 'gdm.service': manager, 'sddm.service': manager }),
    built: (root: string, which: string) =>
      systemctl(root, 'enable', which === 'base' ? 'lightdm.service' : 'gdm.service'),
    here: (root: string) => {
      systemctl(root, 'enable', '--force', 'sddm.service');
      systemctl(root, 'set-default', 'multi-user.target');
    },
  };
  await updated(update, ({ result }) => {
    assert.equal(systemctl(result.directory, 'get-default').trim(), 'multi-user.target');
    assert.match(result.target('/etc/systemd/system/display-manager.service'), /\/sddm\.service$/);
  });
});

test("case 59: where the display manager that was chosen here is gone, the image's is there", async () => {
  const manager = service('Alias=display-manager.service');
  const update = {
    base: image({ 'lightdm.service': manager, 'sddm.service': manager }),
    theirs: image({ 'gdm.service': manager }),
    built: (root: string, which: string) =>
      systemctl(root, 'enable', which === 'base' ? 'lightdm.service' : 'gdm.service'),
    here: (root: string) => systemctl(root, 'enable', '--force', 'sddm.service'),
  };
  await updated(update, ({ result, plan }) => {
    assert.match(result.target('/etc/systemd/system/display-manager.service'), /\/gdm\.service$/);
    assert.deepEqual(itemKeys(plan), ['unit-gone:/etc/systemd/system/sddm.service']);
  });
});

/** What the first boot of a machine leaves. */
function identify(root: string): void {
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc/machine-id'), machineId);
}

const presets = {
  '/usr/lib/systemd/system-preset/50-a.preset': file(
    'enable a.service\nenable t@.service one two\ndisable b.service\n',
  ),
  '/usr/lib/systemd/system-preset/90-z.preset': file('enable b.service\ndisable *\n'),
};
const newUnits = {
  'a.service': atMultiUser,
  'b.service': atMultiUser,
  'c.service': atMultiUser,
  't@.service': atMultiUser,
};

for (const id of [null, 'uninitialized\n']) {
  test(`cases 54, 59: a newly shipped unit arrives enabled by its preset, machine-id ${id?.trim() ?? 'missing'}`, async () => {
    const update = {
      base: image(presets, id),
      theirs: image({ ...presets, ...newUnits }, id),
      here: identify,
    };
    await updated(update, ({ result }) => {
      const names = ['a.service', 'b.service', 'c.service', 't@one.service', 't@two.service', 't@three.service'];
      const states = names.map((name) => stateOf(result.directory, name));
      // What systemctl makes of the image itself, links and all.
      const links = result.names(wants);
      rmSync(join(result.directory, wants), { recursive: true });
      systemctl(result.directory, 'preset-all', '--preset-mode=enable-only');
      assert.deepEqual(links, result.names(wants));
      assert.deepEqual(states, ['enabled', 'disabled', 'disabled', 'enabled', 'enabled', 'disabled']);
    });
  });
}

test('case 54: no preset is applied where the image does not rely on a first boot, or where it will have one', async () => {
  const units = { base: image(presets, ''), theirs: image({ ...presets, ...newUnits }, '') };
  await updated({ ...units, here: identify }, ({ result }) => assert.ok(!result.exists(wants)));
  const uninitialized = 'uninitialized\n';
  const first = { base: image(presets, uninitialized), theirs: image({ ...presets, ...newUnits }, uninitialized) };
  await updated(first, ({ result }) => assert.ok(!result.exists(wants)));
});

test('case 59: presets never override what was masked or disabled here, nor what the image has links for', async () => {
  const all = { '/usr/lib/systemd/system-preset/50-a.preset': file('enable *\n') };
  const dropped = service('WantedBy=multi-user.target', 'RequiredBy=graphical.target');
  const update = {
    base: image({ ...all, 'a.service': atMultiUser }, null),
    theirs: image({ ...all, 'a.service': atMultiUser, 'm.service': atMultiUser, 'l.service': dropped }, null),
    built: (root: string, which: string) => {
      if (which === 'theirs') systemctl(root, 'add-wants', 'multi-user.target', 'l.service');
    },
    here: (root: string) => {
      identify(root);
      systemctl(root, 'preset-all');
      systemctl(root, 'disable', 'a.service');
      symlinkSync('/dev/null', join(root, 'etc/systemd/system/m.service'));
    },
  };
  await updated(update, ({ result }) => {
    assert.equal(stateOf(result.directory, 'a.service'), 'disabled');
    assert.equal(stateOf(result.directory, 'm.service'), 'masked');
    assert.deepEqual(result.names(wants), ['l.service']);
    assert.ok(!result.exists('/etc/systemd/system/graphical.target.requires'));
  });
});

test('case 59: a unit disabled after the first boot stays so where the image now ships its link', async () => {
  const all = { '/usr/lib/systemd/system-preset/50-a.preset': file('enable *\n') };
  const own = { ...all, 'a.service': atMultiUser, 'b.service': atMultiUser };
  const update = {
    base: image(own, null),
    theirs: image({ ...own, 'n.service': atMultiUser }, ''),
    built: (root: string, which: string) => {
      if (which === 'theirs') systemctl(root, 'enable', 'a.service', 'b.service', 'n.service');
    },
    here: (root: string) => {
      identify(root);
      systemctl(root, 'preset-all');
      systemctl(root, 'disable', 'a.service');
    },
  };
  await updated(update, ({ result }) => assert.deepEqual(result.names(wants), ['b.service', 'n.service']));
});

test('case 59: a unit that is newly preset, or that the image enabled by a link before, arrives enabled', async () => {
  const preset = (line: string): Tree => ({ '/usr/lib/systemd/system-preset/50-a.preset': file(line) });
  const own = { 'a.service': atMultiUser };
  const newly = {
    base: image({ ...own, ...preset('disable *\n') }, null),
    theirs: image({ ...own, ...preset('enable a.service\n') }, null),
    here: identify,
  };
  await updated(newly, ({ result }) => assert.equal(stateOf(result.directory, 'a.service'), 'enabled'));
  const linked = {
    base: image(own, ''),
    theirs: image({ ...own, ...preset('enable a.service\n') }, null),
    built: (root: string, which: string) => {
      if (which === 'base') systemctl(root, 'enable', 'a.service');
    },
    here: identify,
  };
  await updated(linked, ({ result }) => assert.equal(stateOf(result.directory, 'a.service'), 'enabled'));
});

for (const id of [null, 'uninitialized\n']) {
  test(`cases 54, 59: what the first boot enabled by presets, machine-id ${id?.trim() ?? 'missing'}, is not the user's doing: it follows the image`, async () => {
    const preset = (line: string): Tree => ({ '/usr/lib/systemd/system-preset/50-a.preset': file(line) });
    const both = {
      'a.service': atMultiUser,
      'b.service': atMultiUser,
      'u.service': atMultiUser,
      'd.service': atMultiUser,
    };
    const gone = { 'gone.service': atMultiUser };
    const first = preset('disable u.service\nenable *\n');
    const then = preset('disable u.service\ndisable b.service\nenable *\n');
    const here = (root: string): void => {
      identify(root);
      systemctl(root, 'preset-all', '--preset-mode=enable-only');
      systemctl(root, 'enable', 'u.service');
      systemctl(root, 'disable', 'd.service');
    };
    const base = image({ ...both, ...gone, ...first }, id);
    const update = { base, theirs: image({ ...both, ...then, 'a.service': atGraphical }, id), here };
    await updated(update, ({ result, plan }) => {
      assert.deepEqual(result.names(wants), ['u.service']);
      assert.deepEqual(result.names(moved), ['a.service']);
      assert.deepEqual(itemKeys(plan), []);
    });
    const links = {
      base,
      theirs: image(both, ''),
      built: (root: string, which: string) => {
        if (which === 'theirs') systemctl(root, 'enable', 'b.service', 'd.service');
      },
      here,
    };
    await updated(links, ({ result }) => assert.deepEqual(result.names(wants), ['b.service', 'u.service']));
  });
}

test("case 59: a unit that only this machine's own file can enable is not enabled by a preset of the image", async () => {
  const all = { '/usr/lib/systemd/system-preset/50-a.preset': file('enable *\n'), 'a.service': service() };
  const update = {
    base: image(all, null),
    theirs: image({ ...all, 'n.service': atMultiUser }, null),
    here: (root: string) => {
      identify(root);
      const own = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n';
      mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
      writeFileSync(join(root, 'etc/systemd/system/a.service'), own);
    },
  };
  await updated(update, ({ result }) => assert.deepEqual(result.names(wants), ['n.service']));
});

test('case 59: an alias made here without the other links of its unit stays', async () => {
  const aliased = { 'a.service': service('Alias=b.service', 'WantedBy=multi-user.target') };
  const update = {
    base: image(aliased),
    theirs: image({ ...aliased, 'n.service': atMultiUser }),
    here: (root: string) => {
      mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
      symlinkSync('/usr/lib/systemd/system/a.service', join(root, 'etc/systemd/system/b.service'));
    },
  };
  await updated(update, ({ result }) => {
    assert.ok(result.names('/etc/systemd/system').includes('b.service'));
    assert.equal(stateOf(result.directory, 'b.service'), 'alias');
  });
});

test('case 59: drop-ins of a renamed unit are named where its old name does not reach it, of one gone as well', async () => {
  const edit = (root: string, unit: string): void => {
    const folder = join(root, 'etc/systemd/system', `${unit}.d`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'override.conf'), '[Service]\nUnheardOf=1\n');
  };
  const update = {
    base: image({
      'a.service': atMultiUser,
      'b.service': atMultiUser,
      'c.service': atMultiUser,
      'd.service': service(),
    }),
    theirs: image({
      ...{ 'new-a.service': service('WantedBy=multi-user.target', 'Alias=a.service') },
      ...{ 'new-b.service': service('WantedBy=multi-user.target', 'Alias=b.service') },
      ...{ 'new-c.service': atMultiUser, 'c.service': symlink('new-c.service') },
    }),
    here: (root: string) => {
      for (const name of ['a', 'b', 'c', 'd']) edit(root, `${name}.service`);
      systemctl(root, 'enable', 'a.service');
    },
  };
  await updated(update, ({ result, plan }) => {
    const folder = '/etc/systemd/system';
    assert.deepEqual(itemKeys(plan).sort(), [
      `drop-in-unit-gone:${folder}/d.service.d`,
      `drop-in-unreached:${folder}/b.service.d`,
    ]);
    for (const name of ['a', 'b', 'c', 'd']) assert.ok(result.exists(`${folder}/${name}.service.d/override.conf`));
    const read = ['new-a', 'new-b', 'new-c'].map((name) => readsDropIn(result.directory, `${name}.service`));
    assert.deepEqual(read, [true, false, true]);
  });
});

test('case 59: units of the users’ service managers are decided alike', async () => {
  const folder = '/usr/lib/systemd/user';
  const at = (target: string): Tree => ({ [`${folder}/a.service`]: service(`WantedBy=${target}`) });
  const update = {
    base: image(at('default.target')),
    theirs: image(at('graphical-session.target')),
    here: (root: string) => systemctl(root, '--global', 'enable', 'a.service'),
  };
  await updated(update, ({ result }) => {
    assert.equal(stateOf(result.directory, 'a.service', '--global'), 'enabled');
    assert.ok(result.exists('/etc/systemd/user/graphical-session.target.wants/a.service'));
    assert.ok(!result.exists('/etc/systemd/user/default.target.wants/a.service'));
  });
});

test('case 59: a rule that names the exact link has its way', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser }),
    ours: image({ 'a.service': atMultiUser }),
    theirs: image({ 'a.service': atGraphical }),
    policy: `persist ${wants}/a.service strategy=copy\n`,
    prepare: ({ ours }: { readonly ours: string }) => systemctl(ours, 'enable', 'a.service'),
  };
  await migrated(update, ({ result }) => {
    assert.ok(result.exists(`${wants}/a.service`));
    assert.ok(!result.exists(`${moved}/a.service`));
  });
});

test('case 59: nothing is written through a link that stands where links to units would', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser }),
    theirs: image({ 'a.service': atGraphical }),
    here: (root: string) => {
      systemctl(root, 'enable', 'a.service');
      mkdirSync(join(root, 'opt/elsewhere'), { recursive: true });
      symlinkSync('/opt/elsewhere', join(root, moved));
    },
  };
  await updated(update, ({ result }) => {
    assert.deepEqual(result.names('/opt/elsewhere'), []);
    assert.equal(result.target(moved), '/opt/elsewhere');
  });
});

test('case 59: a unit that the new image has no [Install] section for keeps the links by which it was enabled', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser }),
    theirs: image({ 'a.service': service() }),
    here: (root: string) => systemctl(root, 'enable', 'a.service'),
  };
  await updated(update, ({ result }) => assert.equal(stateOf(result.directory, 'a.service'), 'enabled'));
});

const config = '/etc/systemd/system';

test('case 59: an alias that the image gives to another unit stays with that', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser, 'b.service': service() }),
    theirs: image({
      'a.service': service('WantedBy=multi-user.target', 'Alias=shared.service'),
      'b.service': service('Alias=shared.service'),
    }),
    built: (root: string, which: string) => {
      if (which === 'theirs') systemctl(root, 'enable', 'b.service');
    },
    here: (root: string) => systemctl(root, 'enable', 'a.service'),
  };
  await updated(update, ({ result }) => {
    assert.match(result.target(`${config}/shared.service`), /\/b\.service$/);
    assert.equal(stateOf(result.directory, 'a.service'), 'enabled');
  });
});

test("case 59: a unit file of the user's own is never replaced by an alias of the image's", async () => {
  const own = '[Service]\nExecStart=/bin/false\n';
  const update = {
    base: image({ 'a.service': atMultiUser }),
    theirs: image({ 'a.service': service('WantedBy=multi-user.target', 'Alias=own.service') }),
    built: (root: string, which: string) => {
      if (which === 'theirs') systemctl(root, 'enable', 'a.service');
    },
    here: (root: string) => {
      systemctl(root, 'enable', 'a.service');
      writeFileSync(join(root, config, 'own.service'), own);
    },
  };
  await updated(update, ({ result }) => assert.equal(result.text(`${config}/own.service`), own));
});

test('case 59: a unit enabled for some of its targets is not enabled for those that the user left out', async () => {
  const update = {
    base: image({ 'a.service': service('WantedBy=multi-user.target graphical.target') }),
    theirs: image({ 'a.service': service('WantedBy=multi-user.target graphical.target sockets.target') }),
    here: (root: string) => {
      systemctl(root, 'enable', 'a.service');
      rmSync(join(root, moved, 'a.service'));
    },
  };
  await updated(update, ({ result }) => {
    assert.ok(result.exists(`${wants}/a.service`));
    assert.ok(result.exists(`${config}/sockets.target.wants/a.service`));
    assert.ok(!result.exists(`${moved}/a.service`));
  });
});

test('case 59: a unit that goes with one enabled here, and was there before, keeps its own state', async () => {
  const socket = plainUnit('WantedBy=sockets.target');
  const update = {
    base: image({ 'a.service': atMultiUser, 'a.socket': socket }),
    theirs: image({ 'a.service': service('WantedBy=multi-user.target', 'Also=a.socket'), 'a.socket': socket }),
    here: (root: string) => systemctl(root, 'enable', 'a.service'),
  };
  await updated(update, ({ result }) => assert.equal(stateOf(result.directory, 'a.socket'), 'disabled'));
});

test('case 59: links lead to where the unit file lies in the new image', async () => {
  const local = '/usr/local/lib/systemd/system/a.service';
  const update = {
    base: image({ 'a.service': atMultiUser, 'b.service': service() }),
    theirs: image({ [local]: atMultiUser }),
    here: (root: string) => {
      systemctl(root, 'enable', 'a.service');
      systemctl(root, 'add-wants', 'graphical.target', 'a.service');
      for (const name of ['a.service', 'b.service'])
        symlinkSync(`/lib/systemd/system/${name}`, join(root, config, name));
    },
  };
  await updated(update, ({ result, plan }) => {
    for (const path of [`${wants}/a.service`, `${moved}/a.service`]) assert.equal(result.target(path), local);
    assert.deepEqual(itemKeys(plan), [`unit-gone:${config}/b.service`]);
  });
});

test('case 59: a rule that names the exact link of the image has its way', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser }),
    ours: image({ 'a.service': atMultiUser }),
    theirs: image({ 'a.service': atGraphical }),
    policy: `persist ${moved}/a.service strategy=copy\n`,
    prepare: ({ base, theirs }: { readonly base: string; readonly theirs: string }) => {
      for (const root of [base, theirs]) systemctl(root, 'enable', 'a.service');
    },
  };
  await migrated(update, ({ result }) => assert.ok(result.exists(`${moved}/a.service`)));
});

test('case 59: a default target that was chosen here outweighs one that the image chooses, unless it is gone', async () => {
  const update = (own: Tree): Update => ({
    base: image({ 'custom.target': plainUnit() }),
    theirs: image(own),
    built: (root: string, which: string) => {
      if (which === 'theirs') systemctl(root, 'set-default', 'multi-user.target');
    },
    here: (root: string) => systemctl(root, 'set-default', 'custom.target'),
  });
  await updated(update({ 'custom.target': plainUnit() }), ({ result, plan }) => {
    assert.equal(systemctl(result.directory, 'get-default').trim(), 'custom.target');
    assert.deepEqual(itemKeys(plan), []);
  });
  await updated(update({}), ({ result, plan }) => {
    assert.equal(systemctl(result.directory, 'get-default').trim(), 'multi-user.target');
    assert.deepEqual(itemKeys(plan), [`unit-gone:${config}/default.target`]);
  });
});

test('case 59: links that the image now ships arrive where no preset had enabled their unit here', async () => {
  const own = { ...presets, 'a.service': atMultiUser, 'b.service': atMultiUser };
  const update = (here: (root: string) => void): Update => ({
    base: image(own, null),
    theirs: image(own, ''),
    built: (root: string, which: string) => {
      if (which === 'theirs') systemctl(root, 'enable', 'a.service', 'b.service');
    },
    here,
  });
  // b's preset is to leave it alone.
  const booted = (root: string): void => {
    identify(root);
    systemctl(root, 'preset-all');
  };
  await updated(update(booted), ({ result }) => assert.deepEqual(result.names(wants), ['a.service', 'b.service']));
  // The machine has an id, but never had a first boot.
  await updated(update(identify), ({ result }) => assert.deepEqual(result.names(wants), ['a.service', 'b.service']));
});

test('case 59: drop-ins of a unit that was not there before are nobody’s concern', async () => {
  const update = {
    base: image({}),
    theirs: image({}),
    here: (root: string) => {
      mkdirSync(join(root, config, 'nowhere.service.d'), { recursive: true });
      writeFileSync(join(root, config, 'nowhere.service.d/a.conf'), '[Service]\nNice=1\n');
    },
  };
  await updated(update, ({ plan }) => assert.deepEqual(itemKeys(plan), []));
});

test('case 59: a dependency that was masked here by hand stays so', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser }),
    theirs: image({ 'a.service': service('WantedBy=multi-user.target graphical.target') }),
    built: (root: string) => systemctl(root, 'enable', 'a.service'),
    here: (root: string) => {
      rmSync(join(root, wants, 'a.service'));
      symlinkSync('/dev/null', join(root, wants, 'a.service'));
    },
  };
  await updated(update, ({ result }) => {
    assert.equal(result.target(`${wants}/a.service`), '/dev/null');
    assert.ok(!result.exists(`${moved}/a.service`));
  });
});

test('cases 59, 76: where all links were deleted at once no unit was disabled by that', async () => {
  const update = {
    base: image({ 'a.service': atMultiUser, 'b.service': atMultiUser }),
    theirs: image({ 'a.service': atGraphical, 'b.service': atMultiUser }),
    built: (root: string) => systemctl(root, 'enable', 'a.service', 'b.service'),
    here: (root: string) => rmSync(join(root, 'etc/systemd'), { recursive: true }),
  };
  await updated(update, ({ result }) => {
    assert.equal(stateOf(result.directory, 'a.service'), 'enabled');
    assert.equal(stateOf(result.directory, 'b.service'), 'disabled');
  });
});

test('case 59: a link that only names the file of its unit by another path says nothing: the unit follows the image', async () => {
  const named = (directory: string): Tree => ({ [`${wants}/a.service`]: symlink(`${directory}/a.service`) });
  const enabled = { ...image({ 'a.service': atMultiUser }), ...named('/lib/systemd/system') };
  const ours = { ...image({ 'a.service': atMultiUser }), ...named('/usr/lib/systemd/system') };
  const images: Readonly<Record<string, Tree>> = {
    gone: image({}),
    disabled: image({ 'a.service': atMultiUser }),
    enabled: { ...image({ 'a.service': atMultiUser }), ...named('../../../../lib/systemd/system') },
  };
  for (const [state, theirs] of Object.entries(images)) {
    await migrated({ base: enabled, ours, theirs }, ({ result, plan }) => {
      assert.equal(result.exists(`${wants}/a.service`), state === 'enabled', state);
      assert.deepEqual([itemKeys(plan), danglingLinks(result.directory)], [[], []], state);
    });
  }
});

test('case 59: a link that leads nowhere on any side stays as it was changed here', async () => {
  const path = '/etc/systemd/system/b.service';
  const situation = { base: image({ [path]: symlink('a.service') }), ours: image({ [path]: symlink('/a.service') }) };
  await migrated(situation, ({ result }) => assert.equal(result.target(path), '/a.service'));
  const aliased = image({ 'a.service': service(), [path]: symlink(`${shipped}/a.service`) });
  const elsewhere = { base: aliased, ours: { ...aliased, [path]: symlink('e.service') } };
  await migrated(elsewhere, ({ result }) => assert.equal(result.target(path), 'e.service'));
});

test('case 59: a link made by hand to where only the unit file of the image would have it stays, however often that comes', async () => {
  const shippedUnit = image({ 'a.service': atMultiUser });
  const own = {
    '/etc/systemd/system/a.service': atGraphical,
    [`${wants}/a.service`]: symlink('/etc/systemd/system/a.service'),
  };
  for (const base of [image({}), shippedUnit]) {
    const situation = { base, ours: { ...base, ...own }, theirs: shippedUnit };
    await migrated(situation, ({ result, plan }) => {
      assert.equal(result.target(`${wants}/a.service`), '/etc/systemd/system/a.service');
      assert.equal(result.exists(`${moved}/a.service`), false);
      assert.deepEqual(itemKeys(plan), []);
    });
  }
});

test('case 59: which file a unit is linked to is for the user to say', async () => {
  const link = '/etc/systemd/system/a.service';
  const files = { '/opt/1/a.service': atMultiUser, '/opt/2/a.service': atMultiUser };
  const base = { ...image(files), [link]: symlink('/opt/1/a.service') };
  await migrated({ base, ours: { ...base, [link]: symlink('/opt/2/a.service') } }, ({ result }) => {
    assert.equal(result.target(link), '/opt/2/a.service');
  });
});

test('case 59: a unit disabled here that the image now starts beyond the reach of disabling is named', async () => {
  const vendor = (name: string): Tree => ({ [`${shipped}/multi-user.target.wants/${name}`]: symlink(`../${name}`) });
  const names = ['new.service', 'old.service', 'dropped.service'];
  const units = Object.fromEntries(names.map((name) => [name, atMultiUser]));
  const update = {
    base: image({ ...units, ...vendor('old.service') }),
    theirs: image({ ...units, ...Object.assign({}, ...names.map(vendor)) }),
    built: (root: string, which: string) => {
      if (which === 'base') systemctl(root, 'enable', ...names);
    },
    here: (root: string) => {
      systemctl(root, 'disable', ...names);
      mkdirSync(join(root, wants), { recursive: true });
      symlinkSync('/dev/null', join(root, wants, 'dropped.service'));
    },
  };
  await updated(update, ({ plan }) => {
    const keys = itemKeys(plan).filter((key) => key.startsWith('unit-started:'));
    assert.deepEqual(keys, ['unit-started:/etc/systemd/system/new.service']);
    const { severity, paths } = itemOf(plan.items, 'unit-started:/etc/systemd/system/new.service');
    assert.deepEqual([severity, paths], ['warning', [`${shipped}/multi-user.target.wants/new.service`]]);
  });
});
