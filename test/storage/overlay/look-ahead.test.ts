import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { branch, system, tag, using, withStore } from '../objects.ts';

const image = `
mkdir -p etc/d opt/deep; echo a > etc/a; echo c > etc/c; echo x > etc/d/x; echo y > opt/deep/y; echo b > b
ln -s /etc link; ln -s c etc/l
`;

const changes = `
echo more >> etc/a; chmod 600 opt/deep/y; rm b; rm etc/l; echo new > etc/new
rm -r etc/d; mkdir etc/d; echo z > etc/d/x
rm link; mkdir link; echo k > link/a
mkdir fresh; echo f > fresh/f
`;

test('what lies below what was changed is looked at ahead, and nothing that a link could lead to', () =>
  withStore(overlayBackend, 'ext4', ({ backend, directory }) => {
    const edit = (script: string): void =>
      using(backend, branch('ours'), (_files, cwd) => void execFileSync('sh', ['-ec', script], { cwd }));
    backend.create(branch('ours'), '');
    edit(image);
    backend.snapshot(branch('ours'), tag('image'), '');
    edit(changes);
    const seen: string[] = [];
    const watched = overlayBackend.open(bytesOfText(directory), { ...system, lookAhead: (path) => seen.push(path) });
    const candidates = watched.candidates(tag('image'), branch('ours'));
    const [layer = ''] = readdirSync(join(directory, 'volumes/.layers'));
    const below = bytesOfText(join(directory, 'volumes/.layers', layer, 'tree'));
    assert.deepEqual(seen.map((path) => path.replace(below, '')).sort(), [
      '/b',
      '/etc/a',
      '/etc/l',
      '/etc/new',
      '/opt/deep/y',
    ]);
    // These are there to be found, and would be looked at through the link, or for nothing.
    for (const path of ['/link/a', '/etc/d/x', '/fresh/f']) assert.equal(candidates?.get(path), 'tree', path);
  }));
