import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { migrate, shell } from './run-migrate.ts';
import { stateOf } from './state-of.ts';

const local = 'etc/migrate/policy.d/90-local.policy';
const shipped = 'default persist\nignore /usr/**\npersist /etc/** strategy=merge\nignore /etc/left\n';
const delivered = 'listen 80\n';

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

/** A small system with a package of two settings, one of them changed, and one program that was changed. */
function withSystem(use: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'migrate-policy-'));
  const files = {
    'etc/left': 'x\n',
    'etc/web/site.conf': 'listen 8080\n',
    'etc/web/mime.types': delivered,
    'usr/share/web/index.html': 'mine\n',
    'usr/share/web/logo.svg': delivered,
    'usr/lib/migrate/policy.d/10-test.policy': shipped,
    'var/lib/dpkg/status': `Package: web
Status: install ok installed
Architecture: all
Version: 1
Conffiles:
 /etc/web/site.conf ${md5(delivered)}
 /etc/web/mime.types ${md5(delivered)}

`,
    'var/lib/dpkg/info/web.list':
      '/.\n/etc\n/etc/web\n/etc/web/site.conf\n/etc/web/mime.types\n/usr\n/usr/share\n/usr/share/web\n/usr/share/web/index.html\n/usr/share/web/logo.svg\n',
    'var/lib/dpkg/info/web.md5sums': `${md5(delivered)}  usr/share/web/index.html\n${md5(delivered)}  usr/share/web/logo.svg\n`,
  };
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("persist file adds a rule to the machine's own policy, which then decides; forget takes it back", () => {
  withSystem((root) => {
    const persisted = migrate(['persist', 'file', '/usr/share/web/logo.svg', '--root', root, '--only']);
    assert.deepEqual({ status: persisted.status, stderr: persisted.stderr }, { status: 0, stderr: '' });
    assert.equal(readFileSync(join(root, local), 'utf8'), 'persist /usr/share/web/logo.svg\n');
    assert.equal(statSync(join(root, local)).mode & 0o777, 0o644);
    assert.match(
      persisted.stdout,
      /\+ persist \/usr\/share\/web\/logo\.svg\nIn force: persist \S+ \(\S*90-local\.policy:1\)/,
    );
    const explained = migrate(['explain', '/usr/share/web/logo.svg', '--old', root, '--new', root]);
    assert.match(explained.stdout, /^\/usr\/share\/web\/logo\.svg: persist/);

    const before = stateOf(root);
    const again = migrate(['persist', 'file', '/usr/share/web/logo.svg', '--root', root, '--only']);
    assert.match(again.stdout, /nothing to change/);
    assert.equal(stateOf(root), before);

    const forgotten = migrate(['forget', 'file', '/usr/share/web/logo.svg', '--root', root]);
    assert.equal(forgotten.status, 0);
    assert.equal(readFileSync(join(root, local), 'utf8'), '');
    assert.match(forgotten.stdout, /In force: ignore \/usr\/\*\*/);
  });
});

test('a directory is carried with all that is in it', () => {
  withSystem((root) => {
    migrate(['persist', 'file', '/usr/share/web/', '--root', root, '--only']);
    assert.equal(readFileSync(join(root, local), 'utf8'), 'persist /usr/share/web/\n');
  });
});

test('a path at which nothing is gets its rule and a note; with a slash at its end it is a directory', () => {
  withSystem((root) => {
    const { status, stdout, stderr } = migrate(['persist', 'file', '/etc/nosuch', '--root', root]);
    assert.equal(status, 0);
    assert.match(stdout, /\+ persist \/etc\/nosuch\n/);
    assert.match(stderr, /^migrate: nothing is at \/etc\/nosuch: .*; a directory has "\/" at its end\n$/);
    const folder = migrate(['persist', 'file', '/etc/later/', '--root', root, '--json']);
    assert.equal((JSON.parse(folder.stdout) as { there: boolean }).there, false);
    assert.equal(readFileSync(join(root, local), 'utf8'), 'persist /etc/nosuch\npersist /etc/later/\n');
    const there = migrate(['persist', 'file', '/etc/left', '--root', root]);
    assert.deepEqual([there.status, there.stderr], [0, '']);
  });
});

test('explain reads the system at --root, or one side from elsewhere; a built-in rule stands in no line', () => {
  withSystem((root) => {
    const left = migrate(['explain', '/etc/left', '--root', root]);
    assert.match(left.stdout, /^\/etc\/left: ignore,/);
    assert.match(left.stdout, /\n {2}\S*10-test\.policy:4 {2}ignore \/etc\/left {2}decides verb\n/);
    const bare = join(root, 'srv');
    mkdirSync(bare);
    assert.match(migrate(['explain', '/etc/left', '--root', root, '--new', bare]).stdout, /^\/etc\/left: persist\n/);
    const built = migrate(['explain', '/var/lib/migrate/x', '--root', root]);
    assert.match(built.stdout, /\n {2}built in {2}ignore \/var\/lib\/migrate\/ {2}decides verb/);
    assert.equal(migrate(['explain', '/etc/left', '--root', join(root, 'nowhere')]).status, 2);
  });
});

test('persist file names the package that owns the path and its other changed files, and takes only the path unasked', () => {
  withSystem((root) => {
    const { status, stderr } = migrate(['persist', 'file', '/usr/share/web/index.html', '--root', root]);
    assert.equal(status, 0);
    assert.match(
      stderr,
      /belongs to the package web, of which 1 other file was changed here:\n {2}\/etc\/web\/site\.conf\n/,
    );
    assert.match(stderr, /only \/usr\/share\/web\/index\.html is meant; --package carries them all/);
    assert.equal(readFileSync(join(root, local), 'utf8'), 'persist /usr/share/web/index.html\n');
  });
});

test('with --package, and with persist pkg, the whole package is carried', () => {
  for (const words of [
    ['file', '/usr/share/web/index.html', '--package'],
    ['pkg', 'web'],
  ]) {
    withSystem((root) => {
      assert.equal(migrate(['persist', ...words, '--root', root]).status, 0);
      assert.equal(readFileSync(join(root, local), 'utf8'), 'persist pkg:web\n');
      assert.equal(migrate(['forget', 'pkg', 'web', '--root', root]).status, 0);
      assert.equal(readFileSync(join(root, local), 'utf8'), '');
    });
  }
});

for (const [answer, rule] of [
  ['y', 'persist pkg:web\n'],
  ['n', 'persist /usr/share/web/index.html\n'],
  ['', 'persist /usr/share/web/index.html\n'],
]) {
  test(`at a terminal the package question is asked, and "${answer}" answers it`, () => {
    withSystem((root) => {
      const command = `$MIGRATE persist file /usr/share/web/index.html --root ${root}`;
      const { status, stdout } = shell(`echo "${answer}" | script --quiet --return --command "${command}" /dev/null`);
      assert.equal(status, 0, stdout);
      assert.match(stdout, /Carry all changed files of web\? \[y\/N\]/);
      assert.equal(readFileSync(join(root, local), 'utf8'), rule);
    });
  });
}

test('what cannot be carried or forgotten ends with 2, says why, and changes nothing', () => {
  const refused = [
    {
      words: ['persist', 'file', '/.migrate/x'],
      says: /the rule "ignore \/\.migrate\/" \(built in\) has the last word/,
    },
    { words: ['persist', 'pkg', 'nowhere'], says: /Cannot find the package nowhere/ },
    {
      words: ['forget', 'file', '/etc/web/site.conf'],
      says: /no rule of this machine's own .* names it; "persist \/etc\/\*\*" .* decides/,
    },
    { words: ['persist', 'file', 'etc/motd'], says: /not an absolute path/ },
    { words: ['persist', 'file', '/x', '--only', '--package'], says: /only|package/ },
  ];
  withSystem((root) => {
    const before = stateOf(root);
    for (const { words, says } of refused) {
      const { status, stderr } = migrate([...words, '--root', root]);
      assert.equal(status, 2, stderr);
      assert.match(stderr, says);
    }
    assert.equal(stateOf(root), before);
    assert.ok(!existsSync(join(root, local)));
  });
});

test('forget --ignore leaves a path to the image whatever other rules say', () => {
  withSystem((root) => {
    const { status, stdout } = migrate(['forget', 'file', '/etc/web/site.conf', '--ignore', '--root', root, '--json']);
    assert.equal(status, 0);
    const edit = JSON.parse(stdout) as { schema: string; verb: string; added: string[] };
    assert.deepEqual(
      [edit.schema, edit.verb, edit.added],
      ['migrate.policy-edit/1', 'ignore', ['ignore /etc/web/site.conf']],
    );
  });
});

test('policy check finds rules that match nothing, never decide or say something again, and ends with 1', () => {
  withSystem((root) => {
    mkdirSync(dirname(join(root, local)), { recursive: true });
    writeFileSync(
      join(root, local),
      'persist /etc/gone\npersist /usr/share/web/index.html\nignore /usr/share/web/*.html\npersist /usr/share/**\npersist /usr/share/**\n',
    );
    const { status, stdout, stderr } = migrate(['policy', 'check', '--root', root]);
    assert.deepEqual({ status, stderr }, { status: 1, stderr: '' });
    const [gone, first, second, again, summary] = stdout.split('\n');
    assert.match(gone ?? '', /90-local\.policy:1: persist \/etc\/gone: matches nothing on this machine$/);
    assert.match(
      first ?? '',
      /:2: persist \/usr\/share\/web\/index\.html: never decides: "persist \/usr\/share\/\*\*" \(\S+:5\) does$/,
    );
    assert.match(second ?? '', /:3: ignore \/usr\/share\/web\/\*\.html: never decides/);
    assert.match(again ?? '', /:4: persist \/usr\/share\/\*\*: never decides/);
    assert.match(
      summary ?? '',
      /:5: persist \/usr\/share\/\*\*: says again what "persist \/usr\/share\/\*\*" \(\S+:4\) says$/,
    );
    assert.match(stdout, /\n5 rules on \d+ paths of this machine: 5 findings\n$/);
  });
});

test('policy check on rules that all have an effect ends with 0, and on a rule that cannot be read with 2', () => {
  withSystem((root) => {
    const clean = migrate(['policy', 'check', '--all', '--root', root, '--json']);
    assert.equal(clean.status, 0, clean.stdout);
    assert.deepEqual((JSON.parse(clean.stdout) as { findings: object[] }).findings, []);
    writeFileSync(join(root, 'etc/bad.policy'), 'persist /etc\nkeep /etc/motd\n');
    const bad = migrate(['policy', 'check', '--policy', join(root, 'etc/bad.policy'), '--root', root]);
    assert.equal(bad.status, 2);
    assert.match(bad.stderr, /bad\.policy, line 2: unknown verb "keep"/);
  });
});

test('persist file --only does without a package database that cannot be read', () => {
  withSystem((root) => {
    writeFileSync(join(root, 'var/lib/dpkg/status'), 'damaged\n');
    const { status, stderr } = migrate(['persist', 'file', '/usr/share/web/logo.svg', '--root', root, '--only']);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.equal(readFileSync(join(root, local), 'utf8'), 'persist /usr/share/web/logo.svg\n');
    assert.equal(migrate(['persist', 'file', '/usr/share/web/index.html', '--root', root]).status, 1);
  });
});

test('policy check: a rule that takes the word back from one between is no repetition', () => {
  withSystem((root) => {
    mkdirSync(dirname(join(root, local)), { recursive: true });
    const kinds = (text: string): string[] => {
      writeFileSync(join(root, local), text);
      const { findings } = JSON.parse(migrate(['policy', 'check', '--root', root, '--json']).stdout) as {
        readonly findings: readonly { readonly kind: string; readonly source: { readonly line: number } }[];
      };
      return findings.map(({ kind, source }) => `${source.line} ${kind}`);
    };
    assert.deepEqual(kinds('persist /etc/left\nignore /etc/left\npersist /etc/left\n'), ['1 shadowed', '2 shadowed']);
    assert.deepEqual(kinds('persist /etc/left\nignore /etc/web/**\npersist /etc/left\n'), ['1 shadowed', '3 repeated']);
  });
});

test('a second forget --ignore changes nothing, all of / is refused, and so is a local policy that is a link', () => {
  withSystem((root) => {
    const ignore = (): ReturnType<typeof migrate> =>
      migrate(['forget', 'file', '/etc/left', '--ignore', '--root', root]);
    assert.equal(ignore().status, 0);
    const before = stateOf(root);
    assert.match(ignore().stdout, /nothing to change/);
    const whole = migrate(['persist', 'file', '/', '--root', root]);
    assert.equal(whole.status, 2);
    assert.match(whole.stderr, /a rule for all there is would overrule every other rule/);
    assert.equal(stateOf(root), before);
    rmSync(join(root, local));
    symlinkSync('/dev/null', join(root, local));
    const linked = migrate(['persist', 'file', '/etc/x', '--root', root]);
    assert.deepEqual([linked.status, /it is a symlink, not a file/.test(linked.stderr)], [2, true], linked.stderr);
  });
});
