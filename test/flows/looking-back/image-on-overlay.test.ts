import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importImage } from '../../../src/flows/staging/import-image.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { migrate } from '../../cli/run-migrate.ts';
import { sampleTree } from '../../images/sample-tree.ts';
import { makeTree } from '../../images/unpacking.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { placeOf } from '../../versions/store-of-versions.ts';

test('on overlay too an image is verified against what was imported, hard links and all', async () => {
  await withFilesystem('ext4', async (place) => {
    const [source, store] = [makeTree(join(place, 'source'), sampleTree()), join(place, 'store')];
    mkdirSync(store);
    const created = migrate(['store', 'create', store, '--backend', 'overlay', '--host', 'test']);
    assert.equal(created.status, 0, created.stderr);
    await importImage(placeOf(overlayBackend, store), {
      ...{ source, name: 'sample', digest: null, signature: null },
      ...{ onProgress: () => undefined, signal: new AbortController().signal },
    });
    const verify = () => migrate(['image', 'verify', 'sample', '--store', store]);
    assert.match(verify().stdout, /^sample is what was imported: \d+ entries/);
    const motd = execFileSync('find', [store, '-name', 'passwd'], { encoding: 'utf8' }).trim();
    execFileSync('chmod', ['0600', motd]);
    assert.equal(verify().status, 1);
  });
});
