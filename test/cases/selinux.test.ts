import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrated, type Roots } from './migration.ts';
import { directory, file, symlink, type Tree } from './trees.ts';

const label = 'security.selinux';

function labelOf(type: string): string {
  return `system_u:object_r:${type}:s0\0`;
}

function labelled(type: string): { readonly xattrs: Readonly<Record<string, string>> } {
  return { xattrs: { [label]: labelOf(type) } };
}

/** An image with SELinux in that mode and a policy that knows a few paths. */
function image(mode: string): Tree {
  const contexts = [
    '/.*\tsystem_u:object_r:default_t:s0',
    '/etc(/.*)?\tsystem_u:object_r:new_etc_t:s0',
    '/etc/secret.*\t--\tsystem_u:object_r:secret_t:s0',
    '/etc/link\t-l\tsystem_u:object_r:link_t:s0',
    '/srv/hidden(/.*)?\t<<none>>',
  ];
  return {
    '/etc/selinux/config': file(`# comment\nSELINUX=${mode}\nSELINUXTYPE=targeted\n`),
    '/etc/selinux/targeted/contexts/files/file_contexts': file(`${contexts.join('\n')}\n`),
    '/etc/edit': file('old\n', labelled('old_etc_t')),
    '/etc/plain': file('plain\n', labelled('new_etc_t')),
  };
}

const ours: Tree = {
  ...image('enforcing'),
  '/etc/edit': file('edited\n', labelled('old_etc_t')),
  '/etc/secret key\n': file('s\n', labelled('tmp_t')),
  '/etc/unlabelled': file('u\n'),
  '/etc/link': symlink('/nowhere'),
  '/etc/d/-x*': file('x\n', labelled('tmp_t')),
  '/etc/locked': file('l\n', { ...labelled('tmp_t'), flags: '+i' }),
  '/srv/hidden': directory(labelled('own_t')),
};

/** An old system with labels of its own, and the same image, SELinux in that mode, as old and as new one. */
function situation(mode: string, prepare?: (roots: Roots) => void) {
  const common = { on: 'ext4' as const, base: image(mode), ours: { ...ours, ...noImage(mode) } };
  return prepare === undefined ? common : { ...common, prepare };
}

function noImage(mode: string): Tree {
  const config = image(mode)['/etc/selinux/config'];
  return config === undefined ? {} : { '/etc/selinux/config': config };
}

test('case 41: what is carried is labelled as the new policy says, last of all, the unlabelled and the locked too', async () => {
  await migrated(situation('enforcing'), ({ result, applied }) => {
    assert.ok(applied.status === 'done');
    assert.deepEqual(applied.outcome.notes, []);
    const labels = (path: string): string | undefined => result.xattrs(path)[label];
    for (const path of ['/etc/edit', '/etc/unlabelled', '/etc/d', '/etc/d/-x*', '/etc/locked', '/etc/plain']) {
      assert.equal(labels(path), labelOf('new_etc_t'), path);
    }
    assert.equal(labels('/etc/secret key\n'), labelOf('secret_t'));
    assert.equal(labels('/etc/link'), labelOf('link_t'));
    assert.ok(result.hasFlag('/etc/locked', 'immutable'));
    assert.equal(result.exists('/.autorelabel'), false);
  });
});

test('case 41: where SELinux is off the labels stay as they were here', async () => {
  await migrated(situation('disabled'), ({ result, applied }) => {
    assert.ok(applied.status === 'done');
    assert.deepEqual(applied.outcome.notes, []);
    assert.equal(result.xattrs('/etc/edit')[label], labelOf('old_etc_t'));
    assert.deepEqual(result.xattrs('/etc/unlabelled'), {});
    assert.equal(result.exists('/.autorelabel'), false);
  });
});

test('case 41: where labelling fails the new system is told to label itself, with a note', async () => {
  const broken = (roots: Roots): void => {
    mkdirSync(join(roots.theirs, 'usr/sbin'), { recursive: true });
    writeFileSync(join(roots.theirs, 'usr/sbin/setfiles'), 'not a program', { mode: 0o755 });
  };
  await migrated(situation('permissive', broken), ({ result, applied }) => {
    assert.ok(applied.status === 'done');
    assert.match(applied.outcome.notes.join(), /^SELinux labels are set at the first start of the new system/);
    assert.equal(result.stat('/.autorelabel').size, 0);
  });
});
