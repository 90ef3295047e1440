import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { noChoices } from '../../src/domain/choices.ts';
import { planMigration, withTrees } from '../../src/flows/plan-migration.ts';
import { previewMigration } from '../../src/flows/preview-migration.ts';
import type { Files } from '../../src/system/files.ts';
import type { Trees } from '../../src/tree/compare-trees.ts';
import { withDamagedContent, withDamagedFile } from './damaged-file.ts';
import { apply, decisionOf, decisions, itemKeys, itemOf, requestOf, system, withRoots } from './migration.ts';
import { directory, file, hostPath, symlink, type Tree } from './trees.ts';

/** The old tree as a flow sees it while another program works in it: `act` runs when `call` is made for the path. */
function disturbed(
  call: 'entry' | 'list' | 'sameContent' | 'copyFrom' | 'read',
  path: string,
  act: () => void,
): (trees: Trees) => Trees {
  let done = false;
  const disturb = (at: string): void => {
    if (at !== path || done) return;
    done = true;
    act();
  };
  return (trees) => {
    const watch = (files: Files, method: typeof call, at: number): Files => {
      const real = files[method].bind(files) as (...values: unknown[]) => unknown;
      Object.defineProperty(files, method, {
        value: (...values: unknown[]) => {
          disturb(String(values[at]));
          return real(...values);
        },
      });
      return files;
    };
    if (call === 'copyFrom') watch(trees.theirs, call, 2);
    else if (call === 'sameContent') watch(trees.base, call, 0);
    else watch(trees.ours, call, 0);
    return trees;
  };
}

test('case 8: a file that goes away between being listed and being looked at is no obstacle', async () => {
  for (const call of ['entry', 'sameContent', 'list'] as const) {
    const path = call === 'list' ? '/etc/ppd' : '/etc/ppd/b';
    await withRoots(
      {
        base: { '/etc/ppd/a': file('a\n'), '/etc/ppd/b': file('b\n') },
        ours: { '/etc/ppd/a': file('A\n'), '/etc/ppd/b': file('B\n'), '/etc/ppd/new': file('new\n') },
      },
      (roots) => {
        const gone = (): void => rmSync(hostPath(roots.ours, path), { recursive: true });
        const applied = apply(roots, { base: {}, ours: {}, seen: disturbed(call, path, gone) });
        assert.equal(applied.status, 'done');
        assert.deepEqual(itemKeys(applied.plan), [], call);
        assert.equal(decisionOf(applied.plan, '/etc/ppd/b').decision, 'deleted');
      },
    );
  }
});

test('case 8: a file that goes away after it was planned is left out, with a note, and the rest is carried', async () => {
  await withRoots(
    {
      base: { '/etc/a': file('a\n') },
      ours: { '/etc/a': file('A\n'), '/etc/b\xff': file('b\n'), '/etc/c': file('c\n') },
    },
    (roots) => {
      const gone = (): void => rmSync(hostPath(roots.ours, '/etc/b\xff'));
      const applied = apply(roots, { base: {}, ours: {}, seen: disturbed('copyFrom', '/etc/b\xff', gone) });
      assert.ok(applied.status === 'done');
      assert.deepEqual(applied.outcome.notes, ['/etc/b\\xff vanished from the old root before it was copied']);
      assert.deepEqual(Object.keys(decisions(applied.plan)), ['/etc/a', '/etc/b\xff', '/etc/c']);
      assert.equal(execFileSync('cat', ['etc/a', 'etc/c'], { cwd: roots.theirs, encoding: 'latin1' }), 'A\nc\n');
    },
  );
});

test('case 8: a file that changes after it was planned is carried as it is then, with a note', async () => {
  await withRoots(
    { base: { '/etc': directory() }, ours: { '/etc/log': file('one\n'), '/etc/z': file('z\n') } },
    (roots) => {
      const grow = (): void => appendFileSync(hostPath(roots.ours, '/etc/log'), 'two\n');
      const applied = apply(roots, { base: {}, ours: {}, seen: disturbed('copyFrom', '/etc/log', grow) });
      assert.ok(applied.status === 'done');
      assert.deepEqual(applied.outcome.notes, ['/etc/log changed in the old root after it was planned']);
      assert.equal(
        execFileSync('cat', ['etc/log', 'etc/z'], { cwd: roots.theirs, encoding: 'latin1' }),
        'one\ntwo\nz\n',
      );
    },
  );
});

/** Ends the process and all that it started, and waits until none of them holds a file open. */
async function stopGroup({ pid }: { readonly pid?: number | undefined }): Promise<void> {
  assert.ok(pid !== undefined);
  const group = `-${pid}`;
  execFileSync('kill', ['-KILL', '--', group]);
  while (spawnSync('kill', ['-0', '--', group]).status === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('case 8: another process that writes, renames and deletes all the time never stops a migration', async () => {
  const ours = Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [`/etc/d${index % 7}/f${index}`, file('x')]),
  );
  await withRoots(
    { base: { '/etc': directory() }, ours: { ...ours, '/etc/still': file('still\n') } },
    async (roots) => {
      const script = `cd "$1/etc"; i=0; while :; do i=$((i + 1)); d=d$((i % 7)); f=$d/f$((i % 200))
      echo $i >"$f" 2>/dev/null || mkdir -p $d; mv $f $d/moved 2>/dev/null; rm -rf d$(((i + 3) % 7)); mkdir -p $d; done`;
      const writer = spawn('sh', ['-c', script, 'sh', roots.ours], { stdio: 'ignore', detached: true });
      try {
        await new Promise((resolve) => setTimeout(resolve, 50));
        for (let round = 0; round < 20; round++) {
          const request = requestOf(roots, {}, noChoices);
          const { plan } = withTrees(system, request, (trees) => planMigration(system, trees, request));
          assert.equal(decisionOf(plan, '/etc/still').decision, 'ours');
        }
        const applied = apply(roots, { base: {}, ours: {} });
        assert.equal(applied.status, 'done');
        assert.equal(execFileSync('cat', ['etc/still'], { cwd: roots.theirs, encoding: 'latin1' }), 'still\n');
      } finally {
        await stopGroup(writer);
      }
    },
  );
});

test('case 8: a path that cannot be read is an error item that needs a word, and the rest is planned', async () => {
  await withDamagedFile(
    'ours',
    '/etc/bad',
    { '/etc/a': file('a\n'), '/etc/bad': file('?'), '/etc/z': file('z\n') },
    (roots) => {
      for (const root of [roots.base, roots.theirs]) writeFileSync(hostPath(root, '/etc/a'), 'old\n');
      const waiting = apply(roots, { base: {}, ours: {} });
      assert.equal(waiting.status, 'waiting');
      const item = itemOf(waiting.plan.items, 'unreadable:/etc/bad');
      assert.deepEqual([item.severity, item.blocks], ['error', 'boot']);
      assert.match(item.title, /^\/etc\/bad of ours cannot be read \(\w+: EUCLEAN\)$/);
      assert.deepEqual(decisions(waiting.plan), { '/etc/a': 'ours', '/lost+found': 'ignored' });
      const choices = new Map([[item.key, { fingerprint: item.fingerprint, resolution: 'skip' }]]);
      assert.equal(apply(roots, { base: {}, ours: {} }, choices).status, 'done');
    },
  );
});

/** More than a block of lines. */
function linesOf(word: string): string {
  return Array.from({ length: 2000 }, (_, index) => `${word} ${index}\n`).join('');
}

test('case 8: a file that goes away before it is read to be merged does not stop the plan, and its place is kept', async () => {
  await withRoots(
    {
      base: { '/etc/a': file('a\n'), '/etc/m': file('1\n2\n3\n') },
      ours: { '/etc/a': file('A\n'), '/etc/m': file('one\n2\n3\n') },
      theirs: { '/etc/a': file('a\n'), '/etc/m': file('1\n2\nthree\n') },
    },
    (roots) => {
      const request = requestOf(roots, { policy: 'persist /etc/** strategy=merge\n' }, noChoices);
      const gone = disturbed('read', '/etc/m', () => rmSync(hostPath(roots.ours, '/etc/m')));
      const { plan } = withTrees(system, request, (trees) => planMigration(system, gone(trees), request));
      assert.deepEqual(decisions(plan), { '/etc/a': 'ours', '/etc/m': 'ours' });
      assert.match(itemOf(plan.items, 'content:/etc/m').detail, /it went away while it was looked at/);
    },
  );
});

for (const side of ['ours', 'theirs'] as const) {
  test(`case 8: content of ${side} that cannot be read to be merged is an error item, and the rest is planned`, async () => {
    const content = { base: linesOf('base'), ours: linesOf('our own'), theirs: linesOf('the image its') };
    const tree = (name: keyof typeof content): Tree => ({
      '/etc/a': file(name === 'ours' ? 'A\n' : 'a\n'),
      '/etc/bad': file(content[name]),
    });
    const trees = { base: tree('base'), ours: tree('ours'), theirs: tree('theirs') };
    await withDamagedContent(side, content[side], trees, (roots) => {
      const situation = { base: {}, ours: {}, policy: 'persist /etc/** strategy=merge\n' };
      const waiting = apply(roots, situation);
      assert.equal(waiting.status, 'waiting');
      const item = itemOf(waiting.plan.items, 'unreadable:/etc/bad');
      assert.equal(item.severity, 'error');
      assert.match(item.title, new RegExp(`^/etc/bad of ${side} cannot be read \\(\\w+: EIO\\)$`));
      assert.deepEqual(decisions(waiting.plan), { '/etc/a': 'ours' });
      const choices = new Map([[item.key, { fingerprint: item.fingerprint, resolution: 'skip' }]]);
      assert.equal(apply(roots, situation, choices).status, 'done');
      assert.equal(execFileSync('cat', ['etc/a'], { cwd: roots.theirs, encoding: 'latin1' }), 'A\n');
    });
  });
}

test('case 8: a file that cannot be read to show its diff has none, and the plan is shown', async () => {
  const content = linesOf('added here');
  const ours = { '/etc/a': file('A\n'), '/etc/bad': file(content) };
  await withDamagedContent('ours', content, { base: {}, ours, theirs: {} }, (roots) => {
    const { plan, diffs } = previewMigration(system, { ...requestOf(roots, {}, noChoices), diffs: true });
    assert.equal(decisionOf(plan, '/etc/bad').decision, 'ours');
    assert.deepEqual(
      diffs.map(({ path }) => path),
      ['/etc/a'],
    );
  });
});

test('case 8: a required rule is sought past what cannot be read', async () => {
  const tree = { '/etc/bad/x': file('?'), '/etc/z': file('z\n') };
  await withDamagedFile('ours', '/etc/bad', tree, (roots) => {
    const policy = 'persist /**/z required\npersist /etc/bad/x required\n';
    const request = requestOf(roots, { policy }, noChoices);
    const { plan } = withTrees(system, request, (trees) => planMigration(system, trees, request));
    assert.deepEqual(
      itemKeys(plan).filter((key) => key.startsWith('required:')),
      ['required:/etc/bad/x'],
    );
    assert.ok(itemKeys(plan).includes('unreadable:/etc/bad'));
  });
});

test('case 8: a path of the new image that cannot be read keeps the directories above it from being removed', async () => {
  await withDamagedFile('theirs', '/etc/d/bad', { '/etc/d/bad': file('?'), '/etc/d/x': file('x\n') }, (roots) => {
    rmSync(hostPath(roots.ours, '/etc/d'), { recursive: true });
    const { plan } = apply(roots, { base: {}, ours: {} });
    assert.equal(itemOf(plan.items, 'unreadable:/etc/d/bad').severity, 'error');
    assert.deepEqual(decisions(plan), { '/etc/d': 'parent', '/etc/d/x': 'deleted' });
    const { key, fingerprint } = itemOf(plan.items, 'unreadable:/etc/d/bad');
    const done = apply(roots, { base: {}, ours: {} }, new Map([[key, { fingerprint, resolution: 'skip' }]]));
    assert.equal(done.status, 'done');
  });
});

test('case 8: what had gone is still known when a run is interrupted after that and goes on', async () => {
  const ours = { '/etc/a': file('A\n'), '/etc/b\xff': file('b\n') };
  await withRoots({ base: { '/etc': directory() }, ours }, (roots) => {
    const gone = disturbed('copyFrom', '/etc/b\xff', () => rmSync(hostPath(roots.ours, '/etc/b\xff')));
    const interrupted = (trees: Trees): Trees => {
      const rename = trees.theirs.rename.bind(trees.theirs);
      trees.theirs.rename = (from, to) => {
        if (to === '/etc/a') throw new Error('interrupted');
        rename(from, to);
      };
      return gone(trees);
    };
    assert.throws(() => apply(roots, { base: {}, ours: {}, seen: interrupted }), /interrupted/);
    const applied = apply(roots, { base: {}, ours: {} });
    assert.ok(applied.status === 'done');
    assert.deepEqual(applied.outcome.notes, ['/etc/b\\xff vanished from the old root before it was copied']);
    assert.equal(execFileSync('cat', ['etc/a'], { cwd: roots.theirs, encoding: 'latin1' }), 'A\n');
  });
});

test('case 8: a module that goes away after its place was decided is left out, and the rest is planned', async () => {
  const kernel = 'modules/6.1/kernel/k.ko';
  const trees = {
    base: { [`/lib/${kernel}`]: file('k'), '/opt/vendor.ko': file('v'), '/etc/a': file('a\n') },
    ours: {
      [`/lib/${kernel}`]: file('k'),
      '/lib/modules/6.1/updates/vendor.ko': symlink('/opt/vendor.ko'),
      '/opt/vendor.ko': file('v'),
      '/etc/a': file('A\n'),
    },
    theirs: { [`/usr/lib/${kernel}`]: file('k'), '/lib': symlink('usr/lib'), '/opt/vendor.ko': file('v') },
  };
  await withRoots(trees, (roots) => {
    const gone = (): void => rmSync(hostPath(roots.ours, '/opt/vendor.ko'));
    const request = requestOf(roots, {}, noChoices);
    const see = disturbed('read', '/opt/vendor.ko', gone);
    const { plan } = withTrees(system, request, (seen) => planMigration(system, see(seen), request));
    const target = decisionOf(plan, '/usr/lib/modules/6.1/updates/vendor.ko');
    assert.deepEqual([target.decision, target.reason], ['not-carried', 'it went away while it was looked at']);
    assert.equal(decisionOf(plan, '/etc/a').decision, 'ours');
  });
});
