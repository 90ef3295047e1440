import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { initInStore } from '../../../src/flows/staging/init-in-store.ts';
import type { BackendKind } from '../../../src/storage/backend.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { system } from '../../storage/objects.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { fill, imageContent } from './machine.ts';

/** Takes volumes over, as far as is looked at before any is. */
const kind: BackendKind = {
  ...overlayBackend,
  open: (directory, system) => overlayBackend.open(directory, system),
  takeOverVolume: () => assert.fail('nothing gets so far'),
};

/** Goes on until the image would be brought in. */
async function init(root: string, directory: string): Promise<void> {
  createStore(system, bytesOfText(directory), { kind, host: 'atlas', pool: 'vg0/pool' });
  const storeKinds = [{ name: kind.name, load: () => Promise.resolve(kind) }];
  const importBase = (): Promise<string> => Promise.reject(new TypeError('the image is brought in'));
  await initInStore(system, { root, directory, host: null, storeKinds, importBase, declareVolumes: false });
}

test("a store on the root's own volume is refused before anything is brought in, one beside it is not", async () => {
  await withFilesystem('ext4', async (root) => {
    fill(root, imageContent(12));
    const own = join(root, 'store');
    mkdirSync(own);
    await assert.rejects(init(root, own), {
      code: 'no-place',
      message: `Cannot put this machine into the store ${own}: it lies on the volume of the root`,
      advice: /Mount a filesystem of its own there first/,
    });
    assert.equal(existsSync(join(own, 'versions')), false);
    await withFilesystem('ext4', async (beside) => {
      await assert.rejects(init(root, beside), { message: 'the image is brought in' });
    });
  });
});
