import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrate } from './run-migrate.ts';
import { conflictingUpdate, quietUpdate, withTrees } from './trees.ts';

type Json = { readonly [name: string]: unknown };

/** The only document of an output, which holds nothing else. */
function documentOf(stdout: string): Json {
  assert.ok(stdout.endsWith('\n') && stdout.trimEnd().split('\n').length === 1, 'one line');
  return JSON.parse(stdout) as Json;
}

function rowsOf(document: Json, name: string): readonly Json[] {
  return document[name] as readonly Json[];
}

const planFields = ['schema', 'roots', 'decisions', 'actions', 'items', 'summary', 'digest'];

test('plan --json prints one migrate.plan/1 document with the promised fields, and nothing else', () => {
  withTrees(conflictingUpdate, ({ directory, options }) => {
    const { status, stdout, stderr } = migrate(['plan', ...options, '--json', '--verbose']);
    assert.deepEqual({ status, stderr }, { status: 3, stderr: '' });
    const plan = documentOf(stdout);
    assert.equal(plan['schema'], 'migrate.plan/1');
    assert.deepEqual(Object.keys(plan), planFields);
    const [base, ours, theirs] = ['base', 'old', 'new'].map((name) => join(directory, name));
    assert.deepEqual(plan['roots'], [{ id: 'system', base, ours, theirs }]);

    const [decision = {}] = rowsOf(plan, 'decisions');
    assert.deepEqual(decision, {
      root: 'system',
      path: '/etc/motd',
      change: 'modified',
      differs: ['content'],
      decision: 'ours',
      strategy: 'merge',
      rule: {
        text: 'persist /etc/**',
        source: { file: '/usr/lib/migrate/policy.d/10-test.policy', line: 3 },
      },
      reason: decision['reason'],
    });
    assert.match(String(decision['reason']), /both sides/);

    const [item = {}] = rowsOf(plan, 'items');
    const promised = ['key', 'fingerprint', 'severity', 'blocks', 'step', 'title', 'detail', 'paths', 'resolutions'];
    assert.deepEqual(Object.keys(item).toSorted(), [...promised, 'settled'].toSorted());
    assert.equal(item['key'], 'content:/etc/motd');
    assert.match(String(item['fingerprint']), /^[0-9a-f]{64}$/);
    assert.deepEqual(
      [item['severity'], item['blocks'], item['step'], item['paths']],
      ['error', 'service', 'files', ['/etc/motd']],
    );
    const resolutions = item['resolutions'] as readonly Json[];
    assert.deepEqual(
      resolutions.map(({ id, default: isDefault, dataLoss }) => [id, isDefault, dataLoss]),
      [
        ['ours', true, 'none'],
        ['theirs', undefined, 'possible'],
      ],
    );
  });
});

test('the digest is the SHA-256 of the document without it', () => {
  withTrees(quietUpdate, ({ options }) => {
    const { digest, ...rest } = documentOf(migrate(['plan', ...options, '--json']).stdout);
    assert.equal(digest, createHash('sha256').update(JSON.stringify(rest)).digest('hex'));
  });
});

test('case 7: paths that are not UTF-8 stand as base64 in JSON, and escaped on the terminal', () => {
  withTrees(quietUpdate, ({ directory, options }) => {
    writeFileSync(Buffer.from(join(directory, 'old/etc/caf\u00e9'), 'latin1'), 'x');
    const base64 = Buffer.from('/etc/caf\u00e9', 'latin1').toString('base64');
    const plan = documentOf(migrate(['plan', ...options, '--json']).stdout);
    for (const rows of ['decisions', 'actions']) {
      const paths = rowsOf(plan, rows).map(({ path }) => path);
      assert.ok(JSON.stringify(paths).includes(JSON.stringify({ base64 })), rows);
    }
    const diff = documentOf(migrate(['diff', ...options.slice(0, 4), '--json']).stdout);
    assert.ok(JSON.stringify(diff['changes']).includes(JSON.stringify({ base64 })));
    assert.match(migrate(['plan', ...options]).stdout, /^ {2}\/etc\/caf\\xe9 /m);
  });
});

test('apply --json prints the plan with how it ended, whether done, done before or waiting', () => {
  withTrees(conflictingUpdate, ({ options }) => {
    const planned = documentOf(migrate(['plan', ...options, '--json']).stdout);
    const ends = [[], ['--unattended'], ['--unattended']].map((more) =>
      migrate(['apply', ...options, '--json', ...more]),
    );
    const documents = ends.map(({ stdout }) => documentOf(stdout));
    assert.deepEqual(
      ends.map(({ status, stderr }) => [status, stderr]),
      [
        [3, ''],
        [0, ''],
        [0, ''],
      ],
    );
    assert.deepEqual(
      documents.map(({ status }) => status),
      ['waiting', 'done', 'already-done'],
    );
    for (const document of documents) {
      assert.deepEqual(Object.keys(document).slice(0, planFields.length), planFields);
      assert.equal(document['digest'], planned['digest']);
    }
  });
});

test('diff and explain print one document each', () => {
  withTrees(quietUpdate, ({ directory, options }) => {
    const diff = documentOf(migrate(['diff', ...options.slice(0, 4), '--json']).stdout);
    assert.equal(diff['schema'], 'migrate.diff/1');
    assert.deepEqual(
      rowsOf(diff, 'changes').map(({ path, change, verb }) => [path, change, verb]),
      [
        ['/etc/hostname', 'modified', 'persist'],
        ['/etc/ssh/sshd_config', 'modified', 'persist'],
      ],
    );
    const roots = ['--old', join(directory, 'old'), '--new', join(directory, 'new')];
    const explained = documentOf(migrate(['explain', '/etc/motd', ...roots, '--json']).stdout);
    assert.equal(explained['schema'], 'migrate.explanation/1');
    assert.deepEqual([explained['path'], explained['verb'], explained['strategy']], ['/etc/motd', 'persist', 'merge']);
  });
});
