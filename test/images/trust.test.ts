import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { sampleTree } from './sample-tree.ts';
import { smallSystem, tarOf } from './tar-bytes.ts';
import { type Asked, assertRefused, makeTree, unpack } from './unpacking.ts';

/** A place with an image that minisign has signed, and the directory in which its key is installed. */
type Signed = { readonly place: string; readonly image: string; readonly trusted: string; readonly asked: Asked };

async function withSigned(body: (signed: Signed) => Promise<void>): Promise<void> {
  await withFilesystem('ext4', async (place) => {
    const [image, trusted] = [join(place, 'image.tar'), join(place, 'trusted.d')];
    mkdirSync(trusted);
    writeFileSync(image, tarOf(smallSystem), 'latin1');
    makeKey(place, 'vendor');
    copyFileSync(join(place, 'vendor.pub'), join(trusted, 'vendor.pub'));
    sign(place, 'vendor', image);
    await body({ place, image, trusted, asked: { trustedDirectories: [join(place, 'none'), trusted] } });
  });
}

function makeKey(place: string, name: string): void {
  minisign('-G', '-W', '-f', '-p', join(place, `${name}.pub`), '-s', join(place, `${name}.key`));
}

function sign(place: string, key: string, file: string, ...more: readonly string[]): void {
  minisign('-S', '-s', join(place, `${key}.key`), '-m', file, '-t', 'image 17 of the vendor', ...more);
}

function minisign(...args: readonly string[]): void {
  execFileSync('minisign', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

test('an image that minisign signed is taken, and its key and signed comment are told', async () => {
  await withSigned(async ({ place, image, trusted, asked }) => {
    const { signer } = await unpack(image, place, asked);
    const { key, keyId = '', comment } = signer ?? {};
    assert.deepEqual([key, comment], [join(trusted, 'vendor.pub'), 'image 17 of the vendor']);
    // minisign shows the number with its last byte first.
    const shown = keyId.match(/../g)?.toReversed().join('').replace(/^0+/, '').toUpperCase();
    assert.match(readFileSync(join(trusted, 'vendor.pub'), 'utf8'), new RegExp(`public key ${shown}\n`));
  });
});

test('without an installed key no signature is asked for; one that is named then cannot be checked', async () => {
  await withSigned(async ({ place, image }) => {
    await assertRefused(image, place, 'image-untrusted', /no trusted key is installed/, {
      signature: `${image}.minisig`,
    });
    assert.equal((await unpack(image, place)).signer, null);
  });
});

test('with an installed key an image without signature is refused, and a directory too', async () => {
  await withSigned(async ({ place, image, asked }) => {
    renameSync(`${image}.minisig`, join(place, 'elsewhere'));
    await assertRefused(image, place, 'image-untrusted', /there is no signature .*image\.tar\.minisig/, asked);
    const source = makeTree(join(place, 'source'), sampleTree());
    await assertRefused(source, place, 'image-untrusted', /there is no signature/, asked);
    await unpack(image, place, { ...asked, signature: join(place, 'elsewhere') });
  });
});

test('an image, a signature or a signed comment that was changed is refused, and so is that of another key', async () => {
  await withSigned(async ({ place, image, asked }) => {
    const signature = readFileSync(`${image}.minisig`, 'latin1');
    const [first = '', second = '', comment = '', last = ''] = signature.trimEnd().split('\n');
    const flip = (text: string, at: number): string =>
      text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
    const damaged: readonly (readonly [string, RegExp])[] = [
      [[first, flip(second, 40), comment, last].join('\n'), /is not one of this image/],
      [[first, second, comment.replace('17', '18'), last].join('\n'), /is not one of this image/],
      [[first, second, comment, flip(last, 40)].join('\n'), /is not one of this image/],
      [[first, flip(second, 5), comment, last].join('\n'), /a key that is not installed/],
    ];
    for (const [content, text] of damaged) {
      writeFileSync(`${image}.minisig`, content, 'latin1');
      await assertRefused(image, place, 'image-untrusted', text, asked);
    }
    for (const content of ['', 'text\n', [first, second].join('\n'), [first, second, comment, last, last].join('\n')]) {
      writeFileSync(`${image}.minisig`, content, 'latin1');
      await assert.rejects(unpack(image, place, asked), { code: 'signature-syntax' });
    }
    makeKey(place, 'stranger');
    sign(place, 'stranger', image);
    await assertRefused(image, place, 'image-untrusted', /a key that is not installed/, asked);
    writeFileSync(`${image}.minisig`, signature, 'latin1');
    writeFileSync(image, tarOf([...smallSystem, { name: 'added', content: 'x' }]), 'latin1');
    await assertRefused(image, place, 'image-untrusted', /is not one of this image/, asked);
  });
});

test('a signature of the old kind is refused with what to do', async () => {
  await withSigned(async ({ place, image, asked }) => {
    sign(place, 'vendor', image, '-l');
    await assert.rejects(unpack(image, place, asked), { code: 'signature-syntax', message: /old kind/ });
  });
});

test('keys of /etc replace their namesakes, an empty one takes it away, and one that cannot be read stops everything', async () => {
  await withSigned(async ({ place, image, trusted }) => {
    const local = join(place, 'local.d');
    mkdirSync(local);
    makeKey(place, 'local');
    copyFileSync(join(place, 'local.pub'), join(local, 'vendor.pub'));
    const asked = { trustedDirectories: [local, trusted] };
    await assertRefused(image, place, 'image-untrusted', /a key that is not installed/, asked);
    sign(place, 'local', image);
    assert.equal((await unpack(image, place, asked)).signer?.key, join(local, 'vendor.pub'));
    rmSync(join(place, 'into'), { recursive: true });
    writeFileSync(join(local, 'vendor.pub'), '');
    assert.equal((await unpack(image, place, asked)).signer, null);
    rmSync(join(place, 'into'), { recursive: true });
    writeFileSync(join(local, 'vendor.pub'), 'no key\n');
    await assert.rejects(unpack(image, place, asked), { code: 'key-syntax' });
  });
});

test('a squashfs file is checked before the kernel is given it', async () => {
  await withSigned(async ({ place, asked }) => {
    const source = makeTree(join(place, 'source'), sampleTree());
    const image = join(place, 'image.squashfs');
    execFileSync('mksquashfs', [source, image, '-quiet', '-no-progress'], { stdio: 'pipe' });
    sign(place, 'vendor', image);
    const phases = new Set<string>();
    const onProgress = ({ phase }: { phase: string }): void => void phases.add(phase);
    assert.equal((await unpack(image, place, { ...asked, onProgress })).signer?.comment, 'image 17 of the vendor');
    assert.deepEqual([...phases], ['check', 'unpack']);
    rmSync(join(place, 'into'), { recursive: true });
    phases.clear();
    execFileSync('dd', ['if=/dev/zero', `of=${image}`, 'bs=1', 'seek=5000', 'count=8', 'conv=notrunc'], {
      stdio: 'pipe',
    });
    await assertRefused(image, place, 'image-untrusted', /is not one of this image/, { ...asked, onProgress });
    assert.deepEqual([...phases], ['check'], 'it was never mounted');
  });
});

test('a digest that was asked for is checked, and one that is none is refused', async () => {
  await withSigned(async ({ place, image }) => {
    const { digest } = await unpack(image, place);
    rmSync(join(place, 'into'), { recursive: true });
    await unpack(image, place, { digest });
    rmSync(join(place, 'into'), { recursive: true });
    await assertRefused(image, place, 'image-mismatch', /was asked for/, { digest: `sha256:${'0'.repeat(64)}` });
    await assert.rejects(unpack(image, place, { digest: 'sha256:123' }), { code: 'digest-syntax' });
    const source = makeTree(join(place, 'source'), sampleTree());
    await assertRefused(source, place, 'image-mismatch', /a directory has no digest/, { digest });
  });
});
