import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { sameOwners } from '../../../src/domain/owners.ts';
import { type Copied, copyBelow } from '../../../src/flows/restore/copy-path.ts';
import { withRoot } from '../../../src/flows/with-root.ts';
import { system } from '../../storage/objects.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';

const quiet = { owners: sameOwners, onEntry: () => undefined, onBytes: () => undefined };

function copyAll(from: string, to: string): Copied {
  return withRoot(system, bytesOfText(from), (source) =>
    withRoot(system, bytesOfText(to), (target) =>
      copyBelow({ files: source, path: '/' }, { files: target, path: '/' }, { ...quiet, withLayers: true }),
    ),
  );
}

test('a mark of overlayfs that the filesystem cannot hold is noted as any attribute is, and the rest is copied', async () => {
  await withFilesystem('ext4', (mountpoint) => {
    const sh = (script: string): string =>
      execFileSync('sh', ['-ec', script], { cwd: mountpoint, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    sh('mkdir -p from/layer to held; echo file > from/layer/file');
    sh('setfattr -n trusted.overlay.opaque -v y from/layer; setfattr -n user.note -v text from/layer/file');
    assert.deepEqual(copyAll(join(mountpoint, 'from'), join(mountpoint, 'held')).notes, []);
    assert.equal(sh('getfattr --only-values -n trusted.overlay.opaque held/layer'), 'y');
    // It has no attributes at all.
    sh('mount -t ramfs ramfs to');
    try {
      assert.deepEqual(copyAll(join(mountpoint, 'from'), join(mountpoint, 'to')).notes, [
        '/layer/file: the filesystem cannot hold its xattr:user.note',
        '/layer: the filesystem cannot hold its xattr:trusted.overlay.opaque',
      ]);
      assert.equal(sh('cat to/layer/file'), 'file\n');
    } finally {
      sh('umount to');
    }
  });
});
