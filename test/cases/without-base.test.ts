import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { intercept, Killed, methodOf } from '../apply/interruption.ts';
import { buildDeb, buildRpm, installDebs, installRpms, type TinyPackage } from '../packages/make-packages.ts';
import { decisionOf, decisions, itemKeys, itemOf, Root, withRoots } from './migration.ts';
import { applyTo, planOf, withWorkshop } from './package-roots.ts';

const policy = 'default persist\nignore /usr/**\nignore /var/lib/dpkg/** # the package database comes with the image\n';

function settings(version: string, contents: Readonly<Record<string, string>>): TinyPackage {
  const files = Object.entries(contents).map(([name, content]) => [`/etc/tiny/${name}`, { content }] as const);
  return { name: 'tiny', version, files: { ...Object.fromEntries(files), '/usr/bin/tiny': { content: version } } };
}

const before = settings('1', { same: 's\n', newer: 'n1\n', mine: 'm\n', both: 'b1\n', gone: 'g\n', gone2: 'x1\n' });
const after = settings('2', {
  same: 's\n',
  newer: 'n2\n',
  mine: 'm\n',
  both: 'b2\n',
  gone: 'g\n',
  gone2: 'x2\n',
  fresh: 'f\n',
});

test('case 66: without the old image the checksums of dpkg tell what was changed here', async () => {
  await withWorkshop(async (directory) => {
    const old = buildDeb(directory, before);
    const next = buildDeb(directory, after);
    await withRoots({ base: {}, ours: {} }, (roots) => {
      installDebs(roots.ours, [old]);
      installDebs(roots.theirs, [next]);
      const ours = join(roots.ours, 'etc/tiny');
      appendFileSync(join(ours, 'mine'), 'edited\n');
      appendFileSync(join(ours, 'both'), 'edited\n');
      for (const name of ['gone', 'gone2']) rmSync(join(ours, name));
      writeFileSync(join(roots.ours, 'etc/added'), 'a\n');
      for (const root of [roots.ours, roots.theirs]) writeFileSync(join(root, 'etc/made'), 'made\n');
      writeFileSync(join(roots.ours, 'etc/made-otherwise'), 'here\n');
      writeFileSync(join(roots.theirs, 'etc/made-otherwise'), 'there\n');
      chmodSync(join(ours, 'same'), 0o600);
      const applied = applyTo(roots, { policy, base: null });
      assert.equal(applied.status, 'done');
      const { plan } = applied;
      assert.deepEqual(plan.roots[0]?.base, 'none (package checksums of dpkg)');
      const result = new Root(roots.theirs);
      // Not changed here: the image's.
      assert.equal(result.text('/etc/tiny/newer'), 'n2\n');
      assert.equal(result.text('/etc/tiny/fresh'), 'f\n');
      assert.equal(result.text('/usr/bin/tiny'), '2');
      // Changed here, not in the image.
      assert.equal(result.text('/etc/tiny/mine'), 'm\nedited\n');
      assert.equal(decisionOf(plan, '/etc/tiny/mine').reason, 'changed here, unchanged in the image');
      assert.equal(result.text('/etc/added'), 'a\n');
      // Changed on both sides, and nobody knows from what.
      assert.equal(result.text('/etc/tiny/both'), 'b1\nedited\n');
      assert.match(itemOf(plan.items, 'content:/etc/tiny/both').detail, /without the old image it cannot be told/);
      assert.equal(result.text('/etc/made-otherwise'), 'here\n');
      assert.ok(!result.exists('/etc/tiny/gone') && !result.exists('/etc/tiny/gone2'));
      assert.equal(result.mode('/etc/tiny/same'), '600');
      assert.deepEqual(itemKeys(plan), [
        'no-base:/',
        'content:/etc/made-otherwise',
        'content:/etc/tiny/both',
        'deleted-here:/etc/tiny/gone2',
        'attributes:/etc/tiny/same',
      ]);
      assert.deepEqual(decisions(plan), {
        '/etc/added': 'ours',
        '/etc/made-otherwise': 'ours',
        '/etc/tiny/both': 'ours',
        '/etc/tiny/gone': 'deleted',
        '/etc/tiny/gone2': 'deleted',
        '/etc/tiny/mine': 'ours',
        '/etc/tiny/same': 'ours',
      });
      assert.deepEqual(planOf(roots, { policy, base: null }).actions, [], 'nothing is left to do');
    });
  });
});

test("case 66: an alternative that nobody chose by hand is the image's, one that was chosen stays", async () => {
  await withWorkshop(async (directory) => {
    const old = buildDeb(directory, before);
    await withRoots({ base: {}, ours: {} }, (roots) => {
      for (const [root, version] of [
        [roots.ours, '1'],
        [roots.theirs, '2'],
      ] as const) {
        installDebs(root, [old]);
        mkdirSync(join(root, 'etc/alternatives'));
        for (const [name, state] of [
          ['editor', 'auto'],
          ['pager', 'manual'],
        ] as const) {
          symlinkSync(`/usr/bin/${name}-${version}`, join(root, 'etc/alternatives', name));
          symlinkSync(`/usr/man/${name}-${version}`, join(root, 'etc/alternatives', `${name}.1`));
          const links = `/usr/bin/${name}\n${name}.1\n/usr/man/${name}.1\n\n/usr/bin/${name}-${version}\n5\n/usr/man/${name}-${version}\n`;
          const here = root === roots.ours ? state : 'auto';
          writeFileSync(join(root, 'var/lib/dpkg/alternatives', name), `${here}\n${links}\n`);
        }
      }
      const records = 'persist /var/lib/dpkg/alternatives/*\n';
      const applied = applyTo(roots, { policy: policy + records, base: null });
      const result = new Root(roots.theirs);
      assert.equal(result.target('/etc/alternatives/editor'), '/usr/bin/editor-2');
      assert.equal(result.target('/etc/alternatives/editor.1'), '/usr/man/editor-2');
      assert.equal(result.target('/etc/alternatives/pager'), '/usr/bin/pager-1');
      assert.equal(result.target('/etc/alternatives/pager.1'), '/usr/man/pager-1');
      assert.match(result.text('/var/lib/dpkg/alternatives/editor'), /editor-2/);
      assert.match(result.text('/var/lib/dpkg/alternatives/pager'), /^manual/);
      assert.ok(!Object.keys(decisions(applied.plan)).some((path) => path.includes('editor')));
    });
  });
});

test('cases 24 and 66: a directory that was deleted here is known from the lists, and what is new in it arrives', async () => {
  await withWorkshop(async (directory) => {
    const old = buildDeb(directory, before);
    const next = buildDeb(directory, settings('2', { same: 's\n', fresh: 'f\n' }));
    await withRoots({ base: {}, ours: {} }, (roots) => {
      installDebs(roots.ours, [old]);
      installDebs(roots.theirs, [next]);
      rmSync(join(roots.ours, 'etc/tiny'), { recursive: true });
      const { plan } = applyTo(roots, { policy, base: null });
      assert.deepEqual(new Root(roots.theirs).names('/etc/tiny'), ['fresh']);
      assert.deepEqual(itemKeys(plan), ['no-base:/', 'kept-directory:/etc/tiny']);
    });
  });
});

test('case 66: rpm knows modes, owners and links too', async () => {
  await withWorkshop(async (directory) => {
    const files = (content: string): TinyPackage['files'] => ({
      '/etc/tiny/plain': { content, directive: '%config(noreplace)' },
      '/etc/tiny/tight': { content: 't\n', mode: content === '1\n' ? 0o644 : 0o640 },
      '/etc/tiny/loose': { content: 'l\n', mode: 0o640 },
      '/etc/tiny/moved': { content: 'm\n', group: content === '1\n' ? 8 : 0 },
      '/etc/tiny/given': { content: 'g\n', group: 8 },
      '/etc/tiny/link': { link: content === '1\n' ? 'plain' : 'tight' },
      '/etc/tiny/mylink': { link: 'plain' },
    });
    const old = buildRpm(directory, { name: 'tiny', version: '1', files: files('1\n') });
    const next = buildRpm(directory, { name: 'tiny', version: '2', files: files('2\n') });
    await withRoots({ base: {}, ours: {} }, (roots) => {
      for (const [root, built] of [
        [roots.ours, old],
        [roots.theirs, next],
      ] as const) {
        mkdirSync(join(root, 'etc'));
        writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
        writeFileSync(join(root, 'etc/group'), 'root:x:0:\nmail:x:8:\n');
        installRpms(root, [built]);
      }
      assert.deepEqual(new Root(roots.ours).owner('/etc/tiny/moved'), [0, 8]);
      chownSync(join(roots.ours, 'etc/tiny/given'), 0, 77);
      chmodSync(join(roots.ours, 'etc/tiny/loose'), 0o600);
      rmSync(join(roots.ours, 'etc/tiny/mylink'));
      symlinkSync('elsewhere', join(roots.ours, 'etc/tiny/mylink'));
      const { plan } = applyTo(roots, { policy, base: null });
      assert.equal(plan.roots[0]?.base, 'none (package checksums of rpm)');
      const result = new Root(roots.theirs);
      assert.equal(result.text('/etc/tiny/plain'), '2\n');
      assert.equal(result.mode('/etc/tiny/tight'), '640');
      assert.equal(result.mode('/etc/tiny/loose'), '600');
      assert.deepEqual(result.owner('/etc/tiny/moved'), [0, 0]);
      assert.deepEqual(result.owner('/etc/tiny/given'), [0, 77]);
      assert.equal(result.target('/etc/tiny/link'), 'tight');
      assert.equal(result.target('/etc/tiny/mylink'), 'elsewhere');
      assert.deepEqual(itemKeys(plan), ['no-base:/']);
    });
  });
});

test('case 66: a setting that is made from a template of its package can be merged', async () => {
  const lines = (first: string, last: string): string => `${first}\n2\n3\n4\n5\n6\n${last}\n`;
  const files = (content: string): TinyPackage['files'] => ({
    '/etc/conf': { content },
    '/usr/share/tiny/conf': { content },
    '/usr/share/tiny/other': { content: 'o\n' },
  });
  await withWorkshop(async (directory) => {
    const old = buildDeb(directory, { name: 'tiny', version: '1', files: files(lines('1', '7')) });
    const next = buildDeb(directory, { name: 'tiny', version: '2', files: files(lines('1', 'seven')) });
    await withRoots({ base: {}, ours: {} }, (roots) => {
      installDebs(roots.ours, [old]);
      installDebs(roots.theirs, [next]);
      writeFileSync(join(roots.ours, 'etc/conf'), lines('one', '7'));
      const { plan } = applyTo(roots, { policy, base: null });
      assert.equal(new Root(roots.theirs).text('/etc/conf'), lines('one', 'seven'));
      assert.deepEqual(itemKeys(plan), ['no-base:/']);
    });
    await withRoots({ base: {}, ours: {} }, (roots) => {
      installDebs(roots.ours, [old]);
      installDebs(roots.theirs, [next]);
      writeFileSync(join(roots.ours, 'etc/conf'), lines('one', '7'));
      appendFileSync(join(roots.ours, 'usr/share/tiny/conf'), 'no longer as delivered\n');
      const { plan } = applyTo(roots, { policy, base: null });
      assert.deepEqual(itemKeys(plan), ['no-base:/', 'content:/etc/conf']);
    });
  });
});

test('case 66: the copy of /etc that an image keeps stands in for it, with contents to merge', async () => {
  const lines = (first: string, last: string): string => `${first}\n2\n3\n4\n5\n6\n${last}\n`;
  await withRoots({ base: {}, ours: {} }, (roots) => {
    for (const root of [roots.ours, roots.theirs]) {
      for (const place of ['etc', 'usr/etc']) mkdirSync(join(root, place), { recursive: true });
      for (const place of ['etc', 'usr/etc']) writeFileSync(join(root, place, 'passwd'), '');
    }
    writeFileSync(join(roots.ours, 'usr/etc/conf'), lines('1', '7'));
    writeFileSync(join(roots.ours, 'usr/etc/gone'), 'g\n');
    writeFileSync(join(roots.ours, 'etc/conf'), lines('one', '7'));
    for (const place of ['etc', 'usr/etc']) writeFileSync(join(roots.theirs, place, 'conf'), lines('1', 'seven'));
    for (const place of ['etc', 'usr/etc']) writeFileSync(join(roots.theirs, place, 'gone'), 'g\n');
    const { plan } = applyTo(roots, { policy, base: null });
    const result = new Root(roots.theirs);
    assert.equal(result.text('/etc/conf'), lines('one', 'seven'));
    assert.ok(!result.exists('/etc/gone'));
    assert.deepEqual(itemKeys(plan), ['no-base:/']);
  });
});

test('cases 65 and 66: interrupted when all is prepared, a run without the old image is gone on with at the next boot', async () => {
  await withWorkshop(async (directory) => {
    const old = buildDeb(directory, before);
    const next = buildDeb(directory, after);
    await withRoots({ base: {}, ours: {} }, (roots) => {
      installDebs(roots.ours, [old]);
      installDebs(roots.theirs, [next]);
      appendFileSync(join(roots.ours, 'etc/tiny/both'), 'edited\n');
      for (const name of ['one', 'two', 'three']) {
        writeFileSync(join(roots.ours, 'etc', name), 'here\n');
        writeFileSync(join(roots.theirs, 'etc', name), 'there\n');
      }
      const boot = { version: 'v2', resumes: true };
      let renames = 0;
      assert.throws(
        () =>
          applyTo(roots, {
            policy,
            base: null,
            boot,
            seen: (trees) => {
              const rename = methodOf(trees.theirs, 'rename');
              intercept(trees.theirs, 'rename', (args) => {
                if (/^\/etc\//.test(String(args[1])) && ++renames > 2) throw new Killed('the third file');
                return rename(args);
              });
            },
          }),
        Killed,
      );
      assert.equal(new Root(roots.theirs).text('/etc/one'), 'here\n', 'something is replaced already');
      assert.equal(applyTo(roots, { policy, base: null, boot }).status, 'done');
      const result = new Root(roots.theirs);
      assert.deepEqual(
        ['one', 'two', 'three'].map((name) => result.text(`/etc/${name}`)),
        ['here\n', 'here\n', 'here\n'],
      );
      assert.equal(result.text('/etc/tiny/both'), 'b1\nedited\n');
      writeFileSync(join(roots.ours, 'etc/since'), 's\n');
      assert.throws(
        () => applyTo(roots, { policy, base: null, boot }),
        (error) => error instanceof Failure && error.code === 'stale-run' && error.message.includes('/etc/since'),
      );
    });
  });
});
