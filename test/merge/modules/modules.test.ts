import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { bookworm, built, decide, image, old, onlyItem, trixie, withModule } from './decide-modules.ts';
import type { MemoryTree } from './memory-trees.ts';

test('case 63: for the same kernel a module stays as it is, and what depmod writes is left to depmod', () => {
  const ours = { ...withModule, '/usr/lib/modules/6.1.0-1/modules.dep': 'changed' };
  const { nodes, items } = decide(ours, old);
  assert.deepEqual(nodes, { '6.1.0-1/modules.dep': 'absent' });
  assert.deepEqual(items, []);
});

test('case 63: a module that fits the new kernel goes to the same place there, and stays nowhere else', () => {
  const { nodes, items, decided } = decide(withModule, image('6.1.0-2'));
  assert.deepEqual(nodes, {
    '6.1.0-1/updates': 'absent',
    '6.1.0-1/updates/vendor.ko': 'absent',
    '6.1.0-2/updates/vendor.ko': 'from 6.1.0-1/updates/vendor.ko',
  });
  assert.deepEqual(items, []);
  const reasons = [...decided.values()].map(({ reason }) => reason);
  assert.ok(reasons.includes('the new image has no kernel 6.1.0-1'));
  assert.ok(reasons.includes('fits the kernel 6.1.0-2, from /usr/lib/modules/6.1.0-1/updates/vendor.ko'));
});

test('case 63: compressed modules and lists of symbols are read', () => {
  for (const [program, ending] of [
    ['xz', 'xz'],
    ['zstd', 'zst'],
    ['gzip', 'gz'],
  ] as const) {
    const pack = (bytes: string): string =>
      execFileSync(program, ['-c'], { input: Buffer.from(bytes, 'latin1'), maxBuffer: 2 ** 26 }).toString('latin1');
    const path = `/usr/lib/modules/6.1.0-1/extra/deep/vendor.ko.${ending}`;
    const theirs = { ...image('6.1.0-2', bookworm, ''), [`/boot/symvers-6.1.0-2.${ending}`]: pack(bookworm.symvers) };
    const { nodes, items } = decide({ ...old, [path]: pack(built('vfat')) }, theirs);
    const place = `6.1.0-2/extra/deep/vendor.ko.${ending}`;
    assert.equal(nodes[place], `from 6.1.0-1/extra/deep/vendor.ko.${ending}`);
    assert.deepEqual(items, []);
  }
});

test('case 63: the versions of symbols are found wherever a distribution keeps them, through links too', () => {
  const release = '6.1.0-2';
  const places: readonly (readonly [string, MemoryTree])[] = [
    [`/usr/lib/modules/${release}/symvers`, {}],
    [`/usr/src/kernels/${release}/Module.symvers`, {}],
    ['/opt/headers/Module.symvers', { [`/usr/lib/modules/${release}/build`]: { link: '../../../../opt/headers' } }],
    ['/opt/headers/Module.symvers', { [`/usr/lib/modules/${release}/build`]: { link: '/opt/headers' } }],
  ];
  for (const [place, links] of places) {
    const theirs = { ...image(release, bookworm, place), ...links };
    assert.deepEqual(decide(withModule, theirs).items, [], place);
  }
});

test('case 63: a module that does not fit is an error item that keeps the machine on the old version', () => {
  const item = onlyItem(decide(withModule, image(trixie.release, trixie)).items);
  assert.equal(item.key, 'module:/usr/lib/modules/6.1.0-1/updates/vendor.ko');
  assert.deepEqual([item.severity, item.blocks, item.settled], ['error', 'boot', null]);
  assert.match(item.title, new RegExp(`does not fit the new kernel ${trixie.release.replace('+', '\\+')}$`));
  assert.match(item.detail, /^the kernel (does not offer it|has another version of) .*stays on the previous version$/);
  assert.deepEqual(
    item.resolutions.map(({ id, dataLoss }) => [id, dataLoss]),
    [['old-kernel', 'none']],
  );
});

test('case 63: what cannot be shown to fit does not fit', () => {
  const unreadable = { ...old, '/usr/lib/modules/6.1.0-1/updates/vendor.ko': 'no module' };
  const cases = [
    [decide(withModule, image('6.1.0-2', bookworm, '')), /no list of the versions of its symbols/],
    [decide(unreadable, image('6.1.0-2')), /it cannot be read as a kernel module/],
    [decide(withModule, { ...image('6.1.0-2'), '/usr/lib/modules/6.1.0-2/modules.order': '' }), /no module of that/],
  ] as const;
  for (const [{ items, nodes }, why] of cases) {
    assert.match(onlyItem(items).detail, why);
    assert.equal(nodes['6.1.0-2/updates/vendor.ko'], undefined);
  }
});

test('case 63: the item says which settings name the module', () => {
  const ours = {
    ...withModule,
    '/etc/modules-load.d/v.conf': '# vendor\n\nvendor\n',
    '/etc/modules-load.d/comment.conf': '# vendor\n',
    '/etc/modprobe.d/v.conf': 'options vendor debug=1\n',
    '/etc/modprobe.d/other.conf': 'options vendor2 debug=1\n',
  };
  const item = onlyItem(decide(ours, image(trixie.release, trixie)).items);
  assert.match(item.detail, /It is named in \/etc\/modules-load\.d\/v\.conf, \/etc\/modprobe\.d\/v\.conf\./);
});

test('case 63: a module that the new image brings from elsewhere for its kernel is left to it', () => {
  const theirs = {
    ...image(trixie.release, trixie),
    [`/usr/lib/modules/${trixie.release}/modules.dep`]: `${trixie.modules[0]}:\nupdates/vendor.ko.xz: x\n`,
  };
  assert.deepEqual(decide(withModule, theirs).items, []);
});

test('case 63: what the new image has at the same place for its kernel stays, as on a plan made anew', () => {
  const theirs = { ...image('6.1.0-2'), '/usr/lib/modules/6.1.0-2/updates/vendor.ko': "the image's own" };
  const { nodes, items } = decide(withModule, theirs);
  assert.deepEqual([Object.keys(nodes), items], [['6.1.0-1/updates', '6.1.0-1/updates/vendor.ko'], []]);
});

test('case 63: a module that was laid ready for the new kernel is used, and the older build is not asked about', () => {
  const ready = `/usr/lib/modules/${trixie.release}/updates/vendor.ko`;
  const { nodes, items } = decide({ ...withModule, [ready]: built('vfat', trixie) }, image(trixie.release, trixie));
  assert.deepEqual(items, []);
  assert.deepEqual(Object.keys(nodes).sort(), ['6.1.0-1/updates', '6.1.0-1/updates/vendor.ko']);
});

test('case 63: of several builds the newest that fits is taken; modules that need one another go together', () => {
  const ours = {
    ...old,
    '/usr/lib/modules/6.1.0-1/updates/a.ko': built('vfat'),
    '/usr/lib/modules/6.1.0-10/updates/a.ko': built('vfat', trixie),
    '/usr/lib/modules/6.1.0-9/updates/sub/a.ko': built('vfat'),
    '/usr/lib/modules/6.1.0-9/updates/b.ko': built('fat'),
  };
  const exported = bookworm.symvers.split('\n').filter((line) => !line.includes('\tfs/fat/fat\t'));
  const theirs = { ...image('6.1.0-20'), '/usr/src/linux-headers-6.1.0-20/Module.symvers': exported.join('\n') };
  const { nodes, items } = decide(ours, theirs);
  assert.deepEqual(items, []);
  assert.equal(nodes['6.1.0-20/updates/sub/a.ko'], 'from 6.1.0-9/updates/sub/a.ko');
  assert.equal(nodes['6.1.0-20/updates/b.ko'], 'from 6.1.0-9/updates/b.ko');
  // Without the one that exports what it needs, it does not fit.
  const { '/usr/lib/modules/6.1.0-9/updates/b.ko': _, ...alone } = ours;
  assert.match(onlyItem(decide(alone, theirs).items).detail, /fat_/);
});

test('case 63: of two builds that fit, that for the newer kernel is taken, numbers counted as numbers', () => {
  const ours = {
    ...old,
    '/usr/lib/modules/6.1.0-9/updates/a.ko': built('vfat'),
    '/usr/lib/modules/6.1.0-10/updates/a.ko': built('vfat'),
  };
  assert.equal(decide(ours, image('6.1.0-20')).nodes['6.1.0-20/updates/a.ko'], 'from 6.1.0-10/updates/a.ko');
});

test('case 63: a link to the module of a kernel that goes away becomes the module', () => {
  const path = '/usr/lib/modules/6.1.0-2/weak-updates/vendor.ko';
  const ours = { ...withModule, ...image('6.1.0-2'), [path]: { link: '/usr/lib/modules/6.1.0-1/updates/vendor.ko' } };
  const { nodes } = decide(ours, image('6.1.0-2'), { ...old, ...image('6.1.0-2') });
  assert.equal(nodes['6.1.0-2/weak-updates/vendor.ko'], 'from 6.1.0-1/updates/vendor.ko');
});

test('a kernel that this machine had already gets no module that it was without; a real /lib is used as such', () => {
  const both = { ...old, ...image('6.1.0-2') };
  const { nodes, items } = decide({ ...both, '/usr/lib/modules/6.1.0-1/updates/vendor.ko': built('vfat') }, both, both);
  assert.deepEqual([nodes, items], [{}, []]);
  const inLib = (tree: MemoryTree): MemoryTree =>
    Object.fromEntries(
      Object.entries(tree).map(([path, node]) => [path.replace('/usr/lib/modules', '/lib/modules'), node]),
    );
  const { decided } = decide(inLib(withModule), inLib(image('6.1.0-2')), inLib(old));
  assert.equal(decided.get('/lib/modules/6.1.0-2/updates/vendor.ko')?.node, 'ours-from');
  const merged = decide(inLib(withModule), old, inLib(old)).decided;
  assert.equal(merged.get('/usr/lib/modules/6.1.0-1/updates/vendor.ko')?.node, 'ours-from');
  assert.equal(merged.get('/lib/modules/6.1.0-1/updates/vendor.ko')?.node, 'absent');
});

test('without a kernel in the new image, or a module that changed here, nothing is decided', () => {
  assert.deepEqual(decide(withModule, {}).nodes, {});
  assert.deepEqual(decide(withModule, image('6.1.0-2'), withModule), { decided: new Map(), nodes: {}, items: [] });
  const ignored = ['/usr/lib/modules/6.1.0-1/updates', '/usr/lib/modules/6.1.0-1/updates/vendor.ko'];
  assert.deepEqual(decide(withModule, image('6.1.0-2'), old, ignored).nodes, {});
});
