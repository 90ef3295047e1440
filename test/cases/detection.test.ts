import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { noChoices } from '../../src/domain/choices.ts';
import { planMigration, withTrees } from '../../src/flows/plan-migration.ts';
import type { Files } from '../../src/system/files.ts';
import type { Trees } from '../../src/tree/compare-trees.ts';
import { withDamagedFile } from './damaged-file.ts';
import {
  apply,
  decisionOf,
  decisions,
  itemKeys,
  itemOf,
  migrated,
  planned,
  requestOf,
  system,
  withRoots,
} from './migration.ts';
import { device, directory, fifo, file, hostPath, socket, symlink } from './trees.ts';

const long = 'x'.repeat(300_000);

test('case 1: an edit of the same size inside the same second, even the same nanosecond, is found by content', async () => {
  const mtime = '1700000000.000000001';
  const situation = {
    base: { '/etc/a': file('port 80\n', { mtime }), '/etc/big': file(`${long}a`, { mtime }) },
    ours: { '/etc/a': file('port 81\n', { mtime }), '/etc/big': file(`${long}b`, { mtime }) },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/a'), 'port 81\n');
    assert.equal(result.text('/etc/big').at(-1), 'b');
    assert.deepEqual(decisionOf(plan, '/etc/a').differs, ['content']);
    assert.equal(decisionOf(plan, '/etc/a').reason, 'changed here, unchanged in the image');
    assert.deepEqual(decisions(plan), { '/etc/a': 'ours', '/etc/big': 'ours' });
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 2: an image that was rebuilt with other times has not changed, and the edit of the user stays', async () => {
  const situation = {
    base: { '/etc/a': file('default\n', { mtime: '1600000000.0' }) },
    ours: { '/etc/a': file('edited\n', { mtime: '1650000000.000000007' }) },
    theirs: { '/etc/a': file('default\n', { mtime: '1700000000.0' }) },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/a'), 'edited\n');
    assert.equal(result.mtime('/etc/a'), 1650000000000000007n);
    assert.equal(decisionOf(plan, '/etc/a').reason, 'changed here, unchanged in the image');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 3: a file that was only touched takes the update of the image', async () => {
  const situation = {
    base: { '/etc/a': file('old\n', { mtime: '1600000000.0' }), '/etc/d': directory({ mtime: '1600000000.0' }) },
    ours: { '/etc/a': file('old\n', { mtime: '1650000000.0' }), '/etc/d': directory({ mtime: '1650000000.0' }) },
    theirs: { '/etc/a': file('new\n', { mtime: '1700000000.5' }), '/etc/d': directory({ mtime: '1700000000.5' }) },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/a'), 'new\n');
    assert.equal(result.mtime('/etc/a'), 1700000000500000000n);
    assert.equal(result.mtime('/etc/d'), 1700000000500000000n);
    assert.deepEqual(plan.decisions, []);
    assert.deepEqual(plan.actions, []);
  });
});

test('case 4: a pinned file is carried although it equals the old default', async () => {
  const trees = {
    base: { '/etc/motd': file('hello\n', { mode: 0o640 }), '/etc/issue': file('old\n'), '/etc/gone': file('keep\n') },
    ours: { '/etc/motd': file('hello\n', { mode: 0o640 }), '/etc/issue': file('old\n'), '/etc/gone': file('keep\n') },
    theirs: { '/etc/motd': file('welcome\n'), '/etc/issue': file('new\n') },
  };
  await migrated({ ...trees, policy: 'pin /etc/motd\npin /etc/gone\n' }, ({ result, plan }) => {
    assert.equal(result.text('/etc/motd'), 'hello\n');
    assert.equal(result.mode('/etc/motd'), '640');
    assert.equal(result.text('/etc/issue'), 'new\n');
    assert.equal(result.text('/etc/gone'), 'keep\n');
    const { decision, change, reason, rule } = decisionOf(plan, '/etc/motd');
    assert.deepEqual([decision, change, reason], ['ours', 'none', 'pinned by the policy']);
    assert.equal(rule?.text, 'pin /etc/motd');
  });
});

test('case 5: content that equals the new default follows the defaults again, without an item', async () => {
  const situation = {
    base: { '/etc/a': file('old\n'), '/etc/l': symlink('one') },
    ours: { '/etc/a': file('new\n', { mtime: '1650000000.0' }), '/etc/l': symlink('two') },
    theirs: { '/etc/a': file('new\n', { mtime: '1700000000.0' }), '/etc/l': symlink('two') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.mtime('/etc/a'), 1700000000000000000n);
    assert.deepEqual(decisions(plan), { '/etc/a': 'equal', '/etc/l': 'equal' });
    assert.equal(decisionOf(plan, '/etc/a').reason, 'changed alike on both sides');
    assert.deepEqual(plan.actions, []);
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 6: names that tools pass over are carried like any other', async () => {
  const names = [
    '/etc/.git/HEAD',
    '/etc/tags',
    '/etc/CVS/Entries',
    '/etc/RCS',
    '/etc/.gitignore',
    '/etc/a~',
    '/etc/#x#',
  ];
  const ours = Object.fromEntries(names.map((name) => [name, file(name)]));
  await migrated({ base: { '/etc': directory() }, ours }, ({ result, plan }) => {
    for (const name of names) {
      assert.equal(result.text(name), name);
      assert.equal(decisionOf(plan, name).reason, 'added here');
    }
  });
});

const awkward = ['-rf', '*', '[a]?', 'a\nb', ' ', '\\', '$(x)', '\xff\xfe', '\xc3\xa9', 'x'.repeat(255)];

test('case 7: names with newlines, bytes that are no UTF-8, dashes and glob characters are carried byte by byte', async () => {
  const named = (content: string) =>
    Object.fromEntries(awkward.flatMap((name) => [[`/etc/${name}/${name}`, file(`${content}${name}`)]]));
  const situation = {
    base: { ...named('old '), '/etc/\xff*': file('gone'), '/etc/keep': file('*') },
    ours: { ...named('new '), '/etc/keep': file('*'), '/etc/l\xfe': symlink('\xff\n*') },
    theirs: { ...named('old '), '/etc/\xff*': file('gone'), '/etc/keep': file('*') },
  };
  await migrated(situation, ({ result, plan }) => {
    for (const name of awkward) {
      assert.equal(result.text(`/etc/${name}/${name}`), `new ${name}`);
      assert.equal(decisionOf(plan, `/etc/${name}/${name}`).decision, 'ours');
    }
    assert.deepEqual(result.names('/etc'), [...awkward, 'keep', 'l\xfe'].sort());
    assert.equal(result.target('/etc/l\xfe'), '\xff\n*');
    assert.equal(decisionOf(plan, '/etc/\xff*').decision, 'deleted');
  });
});

test('case 7: the command line gives awkward names as text, or as base64 where they are not UTF-8', async () => {
  const ours = Object.fromEntries(awkward.map((name) => [`/etc/${name}`, file(name)]));
  await withRoots({ base: { '/etc': directory() }, ours }, (roots) => {
    const main = new URL('../../src/main.ts', import.meta.url).pathname;
    const trees = ['--base', roots.base, '--old', roots.ours, '--new', roots.theirs];
    const document: unknown = JSON.parse(
      execFileSync(process.execPath, [main, 'apply', ...trees, '--unattended', '--json'], { encoding: 'utf8' }),
    );
    assert.ok(typeof document === 'object' && document !== null && 'decisions' in document);
    assert.ok(Array.isArray(document.decisions));
    const paths = document.decisions.map(({ path }: { path: unknown }) => path);
    const expected = awkward
      .map((name) => Buffer.from(`/etc/${name}`, 'latin1'))
      .sort((a, b) => a.compare(b))
      .map((bytes) => (bytes.includes(0xff) ? { base64: bytes.toString('base64') } : bytes.toString('utf8')));
    assert.deepEqual(paths, expected);
    assert.deepEqual(readdirSync(join(roots.theirs, 'etc'), { encoding: 'latin1' }).sort(), [...awkward].sort());
  });
});

/** The old tree as a flow sees it while another program works in it: `act` runs when `call` is made for the path. */
function disturbed(
  call: 'entry' | 'list' | 'sameContent' | 'copyFrom',
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

test('case 9: fifos and device nodes are carried with their numbers, modes and owners', async () => {
  const situation = {
    base: { '/srv/node': device('c', 1, 3) },
    ours: {
      '/srv/pipe': fifo({ mode: 0o620, owner: [12, 34], mtime: '1500000000.000000009' }),
      '/srv/disk': device('b', 259, 70000, { mode: 0o660, xattrs: { 'trusted.note': 'x\0y' } }),
      '/srv/node': device('c', 1, 5, { mode: 0o606 }),
    },
  } as const;
  await migrated(situation, ({ result, plan, roots }) => {
    assert.ok(result.stat('/srv/pipe').isFIFO());
    assert.deepEqual([result.mode('/srv/pipe'), result.owner('/srv/pipe')], ['620', [12, 34]]);
    assert.equal(result.mtime('/srv/pipe'), 1500000000000000009n);
    assert.deepEqual(result.xattrs('/srv/disk'), { 'trusted.note': 'x\0y' });
    assert.equal(
      execFileSync('stat', ['-c', '%F %t:%T %a', 'srv/disk', 'srv/node'], { cwd: roots.theirs, encoding: 'utf8' }),
      'block special file 103:11170 660\ncharacter special file 1:5 606\n',
    );
    assert.deepEqual(decisions(plan), { '/srv/disk': 'ours', '/srv/node': 'ours', '/srv/pipe': 'ours' });
  });
});

test('case 9: a socket and an overlay whiteout are not carried, each with a decision that says so', async () => {
  const situation = {
    base: { '/srv/was-file': file('image\n') },
    ours: { '/srv/sock': socket(), '/srv/white': device('c', 0, 0), '/srv/was-file': socket() },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/srv'), ['was-file']);
    assert.equal(result.text('/srv/was-file'), 'image\n');
    const said = ['/srv/sock', '/srv/was-file', '/srv/white'].map((path) => decisionOf(plan, path));
    assert.deepEqual(
      said.map(({ decision, reason }) => `${decision}: ${reason}`),
      [
        'not-carried: a socket lives as long as its process',
        'not-carried: a socket lives as long as its process',
        'not-carried: an overlay whiteout is no file',
      ],
    );
  });
});

test('case 9: special files in a directory that comes whole are left out too, and said to be', async () => {
  await planned(
    {
      base: { '/srv/d/a': file('a\n') },
      ours: { '/srv/d/a': file('A\n'), '/srv/d/sock': socket() },
      theirs: { '/srv/d': symlink('elsewhere') },
    },
    (plan) => assert.equal(decisionOf(plan, '/srv/d/sock').decision, 'not-carried'),
  );
});
