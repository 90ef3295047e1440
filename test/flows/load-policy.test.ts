import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { Rule } from '../../src/domain/policy.ts';
import { loadPolicy } from '../../src/flows/load-policy.ts';
import { openRoot } from '../../src/system/rooted-files.ts';

const image = 'usr/lib/migrate/policy.d';
const machine = 'etc/migrate/policy.d';

type Fill = (root: string) => void;

function load(fillTheirs: Fill, fillOurs: Fill): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-policy-'));
  try {
    const roots = { theirs: join(directory, 'theirs'), ours: join(directory, 'ours') };
    for (const root of Object.values(roots)) mkdirSync(root);
    fillTheirs(roots.theirs);
    fillOurs(roots.ours);
    const theirs = openRoot(roots.theirs);
    const ours = openRoot(roots.ours);
    try {
      return written(loadPolicy({ theirs, ours, policyFiles: null }));
    } finally {
      theirs.close();
      ours.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function written(rules: readonly Rule[]): string[] {
  return rules
    .filter((rule) => rule.source.file !== 'built in')
    .map(({ source, verb, pattern }) => `${source.file}:${source.line} ${verb} ${pattern}`);
}

function put(root: string, name: string, content: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), content);
}

function nothing(): void {
  // A root without policies.
}

function failsAs(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof Failure && error.code === code && error.kind === 'input' && message.test(error.message);
}

test('policies of the image and of the machine are read in the order of their names', () => {
  const rules = load(
    (root) => {
      put(root, `${image}/10-base.policy`, 'ignore /usr/**\n');
      put(root, `${image}/20-x.policy`, 'ignore /x\n');
      put(root, `${image}/README`, 'no policy\n');
      put(root, `${machine}/99-not-ours.policy`, 'ignore /etc\n');
    },
    (root) => {
      put(root, `${machine}/15-own.policy`, '\npersist /usr/own\n');
      put(root, `${machine}/20-x.policy`, 'persist /x\n');
      put(root, `${image}/30-not-theirs.policy`, 'ignore /y\n');
    },
  );
  assert.deepEqual(rules, [
    '/usr/lib/migrate/policy.d/10-base.policy:1 ignore /usr/**',
    '/etc/migrate/policy.d/15-own.policy:2 persist /usr/own',
    '/etc/migrate/policy.d/20-x.policy:1 persist /x',
  ]);
});

test('roots without policies leave the built-in rules', () => {
  assert.deepEqual(load(nothing, nothing), []);
  const rules = loadPolicy({ theirs: null, ours: null, policyFiles: null });
  assert.deepEqual(rules.map((rule) => rule.pattern).slice(-4, -2), ['/.migrate/', '/var/lib/migrate/']);
});

test('a link to /dev/null switches a shipped policy off', () => {
  const rules = load(
    (root) => put(root, `${image}/10-base.policy`, 'ignore /usr/**\n'),
    (root) => {
      mkdirSync(join(root, machine), { recursive: true });
      symlinkSync('/dev/null', join(root, machine, '10-base.policy'));
    },
  );
  assert.deepEqual(rules, []);
});

test('case 17: a policy or its directory that is a link is refused, never followed and never passed over', () => {
  const linkedFile: Fill = (root) => {
    mkdirSync(join(root, machine), { recursive: true });
    symlinkSync('/etc/passwd', join(root, machine, 'x.policy'));
  };
  assert.throws(
    () => load(nothing, linkedFile),
    failsAs('policy-unreadable', /x\.policy: it is a symlink, not a file/),
  );
  const linkedDirectory: Fill = (root) => {
    put(root, 'elsewhere/policy.d/x.policy', 'ignore /x\n');
    mkdirSync(join(root, 'etc'));
    symlinkSync('../elsewhere', join(root, 'etc/migrate'));
  };
  assert.throws(
    () => load(nothing, linkedDirectory),
    failsAs('policy-unreadable', /etc\/migrate: it is a symlink, not a directory/),
  );
});

test('a directory with the name of a policy is refused', () => {
  const fill: Fill = (root) => mkdirSync(join(root, machine, 'x.policy'), { recursive: true });
  assert.throws(() => load(nothing, fill), failsAs('policy-unreadable', /x\.policy: it is a directory, not a file/));
});

test('a mistake in a policy names its file and line', () => {
  const fill: Fill = (root) => put(root, `${machine}/x.policy`, 'ignore /a\nignroe /b\n');
  assert.throws(
    () => load(nothing, fill),
    failsAs('policy-syntax', /^\/etc\/migrate\/policy\.d\/x\.policy, line 2: unknown verb "ignroe"/),
  );
});

test('policies of the command line replace those of the roots, in the order given', () => {
  const files = [
    { name: 'b.policy', text: 'ignore /b\n' },
    { name: 'a.policy', text: 'ignore /a\n' },
    { name: 'a.policy', text: 'persist /a\n' },
  ];
  const root = openRoot('/');
  const rules = loadPolicy({ theirs: root, ours: root, policyFiles: files });
  assert.deepEqual(written(rules), ['b.policy:1 ignore /b', 'a.policy:1 ignore /a', 'a.policy:1 persist /a']);
  assert.equal(rules[0]?.source.file, 'built in');
  root.close();
});
