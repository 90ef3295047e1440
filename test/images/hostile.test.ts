import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { usualLimits } from '../../src/images/limits.ts';
import { timesBelow } from '../property/untouched.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { sampleTree } from './sample-tree.ts';
import { entryBytes, gzipped, paxHeader, smallSystem, type TarEntry, tarOf } from './tar-bytes.ts';
import { assertRefused, makeTree, unpack } from './unpacking.ts';

type Hostile = readonly [what: string, code: string, text: RegExp, entries: readonly TarEntry[]];

const link = (name: string, target: string): TarEntry => ({ name, type: '2', link: target });
const hard = (name: string, target: string): TarEntry => ({ name, type: '1', link: target });
const sparse = (map: string, size: number, content: string): TarEntry[] => [
  paxHeader({ 'GNU.sparse.size': String(size), 'GNU.sparse.map': map }),
  { name: 'sparse', content },
];

/** Archives that want out of their root, or contradict themselves. */
const hostile: readonly Hostile[] = [
  ['a name with ..', 'image-unsafe', /leads out of the image: \.\.\/outside\/evil/, [{ name: '../outside/evil' }]],
  ['a name with .. in it', 'image-unsafe', /leads out/, [{ name: 'usr/../../outside/evil' }]],
  ['a name that ends in ..', 'image-unsafe', /leads out/, [{ name: 'usr/..', type: '5' }]],
  ['an absolute name', 'image-unsafe', /absolute name \/etc\/evil/, [{ name: '/etc/evil' }]],
  [
    'an absolute name in an extended header',
    'image-unsafe',
    /absolute/,
    [paxHeader({ path: '/etc/evil' }), { name: 'x' }],
  ],
  ['a long name with ..', 'image-unsafe', /leads out/, [{ name: 'L', type: 'L', content: '../evil\0' }, { name: 'x' }]],
  ['.. in the prefix of a name', 'image-unsafe', /leads out/, [{ name: 'evil', at: [[345, '../outside']] }]],
  [
    'a file through an absolute link',
    'image-unsafe',
    /through a symbolic link/,
    [link('a', '/'), { name: 'a/etc/evil' }],
  ],
  [
    'a file through a relative link',
    'image-unsafe',
    /through a symbolic link/,
    [link('a', '../outside'), { name: 'a/evil' }],
  ],
  ['a file through a link inside', 'image-unsafe', /through a symbolic link/, [link('a', 'usr'), { name: 'a/evil' }]],
  [
    'a directory through a link',
    'image-unsafe',
    /through a symbolic link/,
    [link('a', '../outside'), { name: 'a/b/c', type: '5' }],
  ],
  [
    'a link in place of a directory',
    'image-damaged',
    /twice, as directory and as symlink/,
    [link('usr', '../outside')],
  ],
  [
    'a directory in place of a link',
    'image-damaged',
    /twice, as symlink and as directory/,
    [link('a', '../outside'), { name: 'a', type: '5' }, { name: 'a/evil' }],
  ],
  ['a file in place of a directory', 'image-damaged', /twice/, [{ name: 'usr' }]],
  ['a hard link to an absolute name', 'image-unsafe', /absolute/, [hard('a', '/etc/passwd')]],
  ['a hard link out', 'image-unsafe', /leads out/, [hard('a', '../outside/kept')]],
  [
    'a hard link through a link',
    'image-unsafe',
    /nothing that the image holds/,
    [link('a', '../outside'), hard('b', 'a/kept')],
  ],
  ['a hard link to nothing', 'image-unsafe', /nothing that the image holds/, [hard('a', 'later'), { name: 'later' }]],
  ['a hard link to a directory', 'image-unsafe', /a directory/, [hard('a', 'usr')]],
  ['a hard link to itself', 'image-damaged', /a link to itself/, [{ name: 'a' }, hard('a', 'a')]],
  [
    'a hard link with content',
    'image-unsupported',
    /yet has content/,
    [{ name: 'a' }, { ...hard('b', 'a'), content: 'x' }],
  ],
  ['a whiteout of overlayfs', 'image-unsafe', /mark of overlayfs/, [{ name: 'usr/lib/hidden', type: '3' }]],
  [
    'an opaque mark of overlayfs',
    'image-unsafe',
    /mark of overlayfs/,
    [paxHeader({ 'SCHILY.xattr.trusted.overlay.opaque': 'y' }), { name: 'x', type: '5' }],
  ],
  ['a root that is a link', 'image-damaged', /its root is a symlink/, [link('./', '/')]],
  ['a root that is a file', 'image-damaged', /its root is a file/, [{ name: '.' }]],
  ['an entry without a name', 'image-damaged', /no name/, [{ name: '' }]],
  ['a name that is too long', 'image-damaged', /cannot be made/, [paxHeader({ path: 'n'.repeat(256) }), { name: 'x' }]],
  ['a type that is not known', 'image-unsupported', /of the type D/, [{ name: 'x', type: 'D' }]],
  ['a size that is no number', 'image-damaged', /./, [{ name: 'x', size: 'abcdefghijk' }]],
  [
    'a size below zero',
    'image-damaged',
    /./,
    [{ name: 'x', size: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' }],
  ],
  ['a size beyond the archive', 'image-damaged', /ends too early/, [{ name: 'x', size: 2 ** 30 }]],
  ['a size beyond all numbers', 'image-damaged', /./, [{ name: 'x', size: `\x80${'\xff'.repeat(11)}` }]],
  ['two sizes', 'image-damaged', /./, [paxHeader({ size: '12x' }), { name: 'x', content: 'y' }]],
  [
    'an owner that nobody can be',
    'image-damaged',
    /owner 4294967295/,
    [{ name: 'x', uid: '\x80\0\0\0\xff\xff\xff\xff' }],
  ],
  [
    'an extended header that is cut off',
    'image-damaged',
    /malformed/,
    [{ name: 'p', type: 'x', content: '99 path=x\n' }, { name: 'x' }],
  ],
  [
    'a record that is no record',
    'image-damaged',
    /malformed/,
    [{ name: 'p', type: 'x', content: '5 x=\n\n' }, { name: 'x' }],
  ],
  [
    'a record of no length',
    'image-damaged',
    /malformed/,
    [{ name: 'p', type: 'x', content: '0 x=y\n' }, { name: 'x' }],
  ],
  [
    'an access list that is none',
    'image-damaged',
    /access list is malformed/,
    [paxHeader({ 'SCHILY.acl.access': 'user::rwz' }), { name: 'x' }],
  ],
  [
    'an access list for nobody',
    'image-damaged',
    /the user nobody-there/,
    [paxHeader({ 'SCHILY.acl.access': 'user:nobody-there:rwx' }), { name: 'x' }],
  ],
  ['a map beyond the file', 'image-damaged', /map of a sparse file/, sparse('0,4,8,4', 10, 'abcdefgh')],
  ['a map that runs back', 'image-damaged', /map of a sparse file/, sparse('4,4,0,4', 8, 'abcdefgh')],
  ['a map without all data', 'image-damaged', /does not fit its data/, sparse('0,4', 100, 'abcdefgh')],
  ['a map that is cut off', 'image-damaged', /map of a sparse file/, sparse('0,4,8', 12, 'abcd')],
  [
    'an attribute that nobody knows',
    'image-damaged',
    /cannot be made/,
    [paxHeader({ 'SCHILY.xattr.nonsense': 'y' }), { name: 'x' }],
  ],
  ['a name with NUL', 'image-damaged', /NUL/, [paxHeader({ path: 'a\0b' }), { name: 'x' }]],
];

for (const [what, code, text, entries] of hostile) {
  test(`case 17: an archive with ${what} is refused, and nothing is left or touched`, async () => {
    await withPlace(async (place) => {
      const image = join(place, 'image.tar');
      writeFileSync(image, tarOf([...smallSystem, ...entries]), 'latin1');
      await assertRefused(image, place, code, text);
    });
  });
}

test('the archives above are refused for what is added to them: without it they are unpacked', async () => {
  await withPlace(async (place) => {
    const image = join(place, 'image.tar');
    writeFileSync(image, tarOf(smallSystem), 'latin1');
    const { entries, suggestedTag } = await unpack(image, place);
    assert.equal(entries, smallSystem.length);
    assert.match(suggestedTag, /^small-1-[0-9a-f]{12}$/);
  });
});

test('an archive that is cut off at any place is refused, however it is packed', async () => {
  await withPlace(async (place) => {
    const image = join(place, 'image.tar');
    const whole = Buffer.from(tarOf([...smallSystem, { name: 'last', content: 'content' }]), 'latin1');
    writeFileSync(image, whole);
    execFileSync('xz', ['--keep', image]);
    execFileSync('zstd', ['--quiet', image]);
    execFileSync('gzip', ['--keep', '--no-name', image]);
    for (const name of ['image.tar', 'image.tar.xz', 'image.tar.zst', 'image.tar.gz']) {
      const content = readFileSync(join(place, name));
      for (let part = 1; part < 12; part++)
        await refusedWhenCut(place, content, Math.floor((content.length * part) / 12));
      await refusedWhenCut(place, content, content.length - 1);
    }
    // At the end of each entry too, where nothing but the mark of the end is missing.
    for (let size = 512; size < whole.length; size += 512) await refusedWhenCut(place, whole, size);
  });
});

async function refusedWhenCut(place: string, content: Buffer, size: number): Promise<void> {
  const cut = join(place, 'cut');
  writeFileSync(cut, content.subarray(0, size));
  await assertRefused(cut, place, size < 512 && content[0] === 0x2e ? 'image-unknown' : 'image-damaged', /./);
}

test('an archive that goes on after its end is refused', async () => {
  await withPlace(async (place) => {
    const image = join(place, 'image.tar');
    writeFileSync(image, tarOf(smallSystem) + entryBytes({ name: 'hidden' }), 'latin1');
    await assertRefused(image, place, 'image-damaged', /after the end/);
    writeFileSync(image, tarOf(smallSystem, '\0'.repeat(512)), 'latin1');
    await assertRefused(image, place, 'image-damaged', /ends too early/);
  });
});

test('a header whose sum is wrong is refused', async () => {
  await withPlace(async (place) => {
    const image = join(place, 'image.tar');
    const bytes = tarOf(smallSystem);
    writeFileSync(image, `${bytes.slice(0, 512)}X${bytes.slice(513)}`, 'latin1');
    await assertRefused(image, place, 'image-damaged', /no tar archive that can be read/);
  });
});

test('case 64: an image is refused that goes beyond the limits of bytes, entries or ratio', async () => {
  await withPlace(async (place) => {
    const image = join(place, 'image.tar.gz');
    const zeros = '\0'.repeat(2 ** 20);
    const many = Array.from({ length: 200 }, (_, index) => ({ name: `file-${index}`, content: zeros }));
    writeFileSync(image, gzipped(tarOf([...smallSystem, ...many])));
    const limited = (limits: Partial<typeof usualLimits>): object => ({ limits: { ...usualLimits, ...limits } });
    await assertRefused(image, place, 'image-too-large', /more than 10000000 bytes/, limited({ bytes: 10_000_000 }));
    await assertRefused(image, place, 'image-too-large', /more than 100 entries/, limited({ entries: 100 }));
    await assertRefused(
      image,
      place,
      'image-too-large',
      /more than 3 times/,
      limited({ ratio: 3, ratioFrom: 2 ** 20 }),
    );
    await unpack(image, place, limited({}));
  });
});

test('a directory, which nothing is packed in, may be as large as it is', async () => {
  await withPlace(async (place) => {
    const source = makeTree(join(place, 'source'), sampleTree());
    const limits = { ...usualLimits, ratio: 0, ratioFrom: 1 };
    await unpack(source, place, { limits });
  });
});

test('case 64: what does not fit is refused before it is written where its size is known, else when the space ends', async () => {
  await withFilesystem(
    'ext4',
    async (place) => {
      const content = Array.from({ length: 2 ** 21 }, (_, index) => String.fromCharCode((index * 7919) % 251)).join('');
      const entries = Array.from({ length: 40 }, (_, index) => ({ name: `file-${index}`, content }));
      const packed = gzipped(tarOf([...smallSystem, ...entries]));
      const image = join(place, 'image.tar.gz');
      writeFileSync(image, packed);
      for (const reserve of [0, 2 ** 20]) {
        await assertRefused(image, place, 'image-too-large', /space/, { limits: { ...usualLimits, reserve } });
      }
      // Before anything is written: not even progress of reading is heard.
      const source = join(place, 'mounted');
      mkdirSync(source);
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', source]);
      writeFileSync(join(source, 'image.tar'), tarOf([...smallSystem, ...entries]), 'latin1');
      const heard: number[] = [];
      const onProgress = ({ done }: { done: number }): void => void heard.push(done);
      await assertRefused(join(source, 'image.tar'), place, 'image-too-large', /bytes, and .* are free/, {
        onProgress,
      });
      assert.deepEqual(heard, [0]);
    },
    { size: '32M' },
  );
});

test('what is no operating system is refused, and so is what is no image at all', async () => {
  await withPlace(async (place) => {
    const image = join(place, 'image');
    writeFileSync(image, tarOf([{ name: 'notes.txt', content: 'x' }]), 'latin1');
    await assertRefused(image, place, 'not-an-image', /no directory \/usr/);
    writeFileSync(image, tarOf([{ name: 'usr/', type: '5' }, { name: 'usr/x' }]), 'latin1');
    await assertRefused(image, place, 'not-an-image', /neither \/usr\/lib\/os-release nor a kernel/);
    writeFileSync(image, 'a text\n'.repeat(1000));
    await assertRefused(image, place, 'image-unknown', /none that is known/);
    writeFileSync(image, '');
    await assertRefused(image, place, 'image-unknown', /none that is known/);
    writeFileSync(image, gzipped('a text\n'.repeat(1000)));
    await assertRefused(image, place, 'image-damaged', /no tar archive/);
    await assert.rejects(unpack(join(place, 'missing'), place), { code: 'unreadable' });
    await assert.rejects(unpack('ftp://host/image', place), { code: 'image-reference' });
    await assert.rejects(unpack('', place), { code: 'image-reference' });
    await assertRefused('/dev/null', place, 'image-unknown', /is a character/);
  });
});

test('a directory that is not empty is not unpacked into, and keeps what it has', async () => {
  await withPlace(async (place) => {
    const image = join(place, 'image.tar');
    writeFileSync(image, tarOf(smallSystem), 'latin1');
    mkdirSync(join(place, 'into'));
    writeFileSync(join(place, 'into/kept'), 'x');
    await assert.rejects(unpack(image, place), { code: 'not-empty' });
    assert.deepEqual(readdirSync(join(place, 'into')), ['kept']);
  });
});

/** A filesystem with `outside`, which nothing may touch. */
async function withPlace(body: (place: string) => Promise<void>): Promise<void> {
  await withFilesystem('ext4', async (place) => {
    const outside = join(place, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'kept'), 'kept');
    const before = timesBelow(Buffer.from(outside));
    await body(place);
    assert.deepEqual(timesBelow(Buffer.from(outside)), before, 'nothing outside is touched');
  });
}
