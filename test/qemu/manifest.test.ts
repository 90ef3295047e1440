import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, type Manifest, withoutOwn } from '../../qemu/power-cuts/manifest.ts';

type Known = { readonly attributes: string; readonly content?: string; readonly xattrs?: string };

function manifest(paths: Readonly<Record<string, Known>>): Manifest {
  return new Map(
    Object.entries(paths).map(([path, known]) => [path, new Map(Object.entries(known) as [keyof Known, string][])]),
  );
}

const file = { attributes: 'f 644 0:0', content: 'aa' };
const directory = { attributes: 'd 755 0:0' };
const before = manifest({ etc: directory, 'etc/fstab': file, 'etc/issue': file, 'var/log': directory });

test('a file that lost its content, its mode, its attributes or itself is not what it was', () => {
  const after = { etc: directory, 'var/log': directory };
  const found = (now: Readonly<Record<string, Known>>) => differences(before, manifest({ ...after, ...now }));
  assert.deepEqual(found({ 'etc/fstab': file, 'etc/issue': file }), []);
  assert.deepEqual(
    found({ 'etc/fstab': { ...file, content: 'bb' }, 'etc/issue': { ...file, attributes: 'f 600 0:0' } }),
    [
      { path: 'etc/fstab', what: 'content' },
      { path: 'etc/issue', what: 'attributes' },
    ],
  );
  assert.deepEqual(found({ 'etc/fstab': { ...file, xattrs: 'user.a="b"' } }), [
    { path: 'etc/fstab', what: 'xattrs' },
    { path: 'etc/issue', what: 'missing' },
  ]);
});

test('what an undisturbed run changes too is expected, and nothing else', () => {
  const own = [
    { path: 'etc/issue', what: 'content' },
    { path: 'var/log/a', what: 'added' },
    { path: 'etc/.updated', what: 'added' },
  ] as const;
  const found = [
    { path: 'etc/issue', what: 'attributes' },
    { path: 'etc/issue', what: 'missing' },
    { path: 'etc/fstab', what: 'content' },
    { path: 'var/log/b', what: 'added' },
    { path: 'var/log', what: 'missing' },
    { path: 'etc/left', what: 'added' },
    { path: 'etc/.updated', what: 'added' },
    { path: 'var/log/c', what: 'added' },
    { path: 'var/log/c/below', what: 'added' },
    { path: 'var/left', what: 'added' },
  ] as const;
  assert.deepEqual(withoutOwn(found, own), [found[1], found[2], found[4], found[5], found[9]]);
});

test('what services leave in /var/tmp, and what the migration says of itself, may be another; nothing of it may be missing', () => {
  const found = [
    { path: 'var/tmp/systemd-private-1', what: 'added' },
    { path: 'var/lib/migrate/plan.json', what: 'content' },
    { path: 'var/lib/migrate/plan.json', what: 'missing' },
    { path: 'var/lib/app/plan.json', what: 'content' },
  ] as const;
  assert.deepEqual(withoutOwn(found, []), [found[2], found[3]]);
});
