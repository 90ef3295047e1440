import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { encodeAcl } from '../../src/images/acl-text.ts';
import { contentKind } from '../../src/images/content-kind.ts';
import { usualLimits } from '../../src/images/limits.ts';
import { parseDocument } from '../../src/images/oci/documents.ts';
import { decodeEntry } from '../../src/images/tar/decode-entry.ts';
import { takeApart } from '../../src/images/tar/header-blocks.ts';
import { readTar } from '../../src/images/tar/read-tar.ts';
import { oldSparseBlock, sparseOfKeywords } from '../../src/images/tar/sparse.ts';
import { parseSignature } from '../../src/images/trust/minisign.ts';
import { unpackImage } from '../../src/images/unpack-image.ts';
import { entryBytes, paxHeader, smallSystem, sumOf, type TarEntry, tarOf } from '../images/tar-bytes.ts';
import { system } from '../images/unpacking.ts';
import { type Random, seededRandom } from '../merge/text/random.ts';
import { timesBelow } from '../property/untouched.ts';
import { fuzz } from './fuzz.ts';
import { mutate } from './mutate.ts';

const attributes = {
  path: 'usr/long',
  mtime: '-1.5',
  uid: '3000000',
  'SCHILY.xattr.user.x': '\0\xff=\n',
  'LIBARCHIVE.xattr.user.y': 'AP8KPQ',
  'SCHILY.acl.access': 'user::rw-,group::r--,other::r--,user:daemon:r--:1,mask::rwx',
};

/** An entry of every kind. */
const entries: readonly TarEntry[] = [
  paxHeader(attributes),
  { name: 'short', content: 'content' },
  { name: 'usr/link', type: '2', link: '../outside' },
  { name: 'usr/hard', type: '1', link: 'usr/long' },
  { name: 'usr/null', type: '3', device: [1, 3] },
  { name: 'usr/pipe', type: '6' },
  { name: 'L', type: 'L', content: `usr/${'n'.repeat(120)}\0` },
  { name: 'n', content: 'x' },
  paxHeader({ 'GNU.sparse.size': '9', 'GNU.sparse.map': '1,2,4,2' }),
  { name: 'usr/sparse', content: 'abcd' },
  paxHeader({
    'GNU.sparse.major': '1',
    'GNU.sparse.minor': '0',
    'GNU.sparse.realsize': '9',
    'GNU.sparse.name': 'usr/map',
  }),
  { name: 'usr/s', content: `1\n5\n4\n${'\0'.repeat(506)}abcd` },
  {
    name: 'usr/old',
    type: 'S',
    content: 'abcd',
    magic: 'ustar  \0',
    at: [
      [386, '00000000004\x0000000000004\0'],
      [482, '\0'],
      [483, '00000000010\0'],
    ],
  },
];

const seeds = [tarOf([...smallSystem, ...entries]), tarOf(smallSystem)];
const words = [
  ...entries.map(entryBytes),
  '../',
  '/',
  './',
  '\0',
  '\xff',
  '\x80\0\0\0\0\0\0\0\0\0\x02\0',
  '00000000010',
  '\0'.repeat(512),
  'usr/link/evil',
  '../outside/evil',
  entryBytes({ name: 'usr/link/evil', content: 'x' }),
  entryBytes({ name: 'usr/hard2', type: '1', link: 'usr/link' }),
  entryBytes({ name: 'usr', type: '2', link: '..' }),
];

fuzz({
  name: 'headers of a tar archive',
  longest: 8192,
  seeds: [entryBytes(paxHeader(attributes)) + entryBytes({ name: 'x' }), entryBytes({ name: 'x', type: 'S' })],
  words,
  attempt(input) {
    const blocks = input.slice(0, input.length - (input.length % 512)) || '\0'.repeat(512);
    const { pax, ...headers } = takeApart(blocks, []);
    const { entry, storedSize } = decodeEntry({ pax, ...headers });
    assert.match(entry.path, /^\/(?!.*\/$)/, 'a path of the image');
    for (const path of [entry.path, entry.linkTo]) assert.ok(!path.split('/').includes('..') && !path.includes('\0'));
    assert.ok(Number.isSafeInteger(storedSize) && storedSize >= 0 && entry.mode <= 0o7777 && entry.uid < 0xffffffff);
    assert.ok(
      entry.mtime.nanoseconds >= 0 && entry.mtime.nanoseconds < 1e9 && Number.isSafeInteger(entry.mtime.seconds),
    );
    for (const { text } of entry.acls)
      assert.equal(encodeAcl(text, () => 1).length % 8, 4, 'a version, and entries of eight bytes');
    const sparse = sparseOfKeywords(pax)?.extents ?? oldSparseBlock(blocks.slice(0, 512)).extents;
    return `${entry.type} ${entry.xattrs.length} ${entry.acls.length} ${sparse.length}`;
  },
});

fuzz({
  name: 'documents beside an image',
  longest: 4000,
  seeds: [
    JSON.stringify({
      layers: [{ digest: `sha256:${'0'.repeat(64)}`, size: 1, mediaType: 'x', annotations: { a: 'b' } }],
    }),
    JSON.stringify({ manifests: [{ digest: `sha256:${'f'.repeat(64)}`, size: 2, platform: { os: 'linux' } }] }),
    `untrusted comment: x\n${btoa(`ED${'k'.repeat(8)}${'s'.repeat(64)}`)}\ntrusted comment: y\n${btoa('g'.repeat(64))}\n`,
  ],
  words: ['null', '[]', '{}', '-1', '1e99', '"sha512:00"', '__proto__', 'trusted comment: ', '\n', '\xff'],
  attempt(input) {
    const kind = contentKind(input)?.kind ?? 'none';
    if (!input.startsWith('untrusted')) {
      const document = parseDocument(input);
      const blobs = document.kind === 'index' ? document.manifests : document.layers;
      for (const { digest, size } of blobs) assert.ok(/^sha256:[0-9a-f]{64}$/.test(digest) && size >= 0);
      return `${kind} ${document.kind} ${blobs.length}`;
    }
    const { keyId, signature, commentSignature } = parseSignature(input, 'x');
    assert.deepEqual([keyId.length, signature.length, commentSignature.length], [8, 64, 64]);
    return 'signature';
  },
});

/** 20 s in every run; `MIGRATE_FUZZ_SECONDS=600` in a full one. */
const seconds = Number(process.env['MIGRATE_FUZZ_SECONDS'] ?? 20);

test(`archives of any bytes leave nothing outside, and nothing at all where they are refused, for ${seconds} s`, async (context) => {
  const place = mkdtempSync(join(tmpdir(), 'migrate-fuzz-'));
  const [into, outside] = [join(place, 'into'), join(place, 'outside')];
  for (const directory of [into, outside]) mkdirSync(directory);
  writeFileSync(join(outside, 'kept'), 'kept');
  const before = timesBelow(Buffer.from(outside));
  const random = seededRandom(Number(process.env['MIGRATE_FUZZ_SEED'] ?? 1));
  const answers = new Map<string, number>();
  const end = performance.now() + seconds * 1000;
  try {
    while (performance.now() < end) {
      let input = random.chance(0.5) ? random.pick(seeds) : anyEntries(random);
      for (let change = random.below(4); change > 0; change--) input = mutate(input, { words, others: seeds }, random);
      const answer = await attempt(sealed(input.slice(0, 65_536)), into);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      assert.deepEqual(readdirSync(place).sort(), ['into', 'outside']);
      assert.deepEqual(timesBelow(Buffer.from(outside)), before, JSON.stringify(input));
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  context.diagnostic([...answers].map(([answer, count]) => `${answer}: ${count}`).join(', '));
  assert.ok((answers.get('unpacked') ?? 0) > 0 && (answers.get('image-unsafe') ?? 0) > 0);
});

/** Names of which some are links, directories or files, in any order and one below the other. */
function anyEntries(random: Random): string {
  const names = ['a', 'b', 'a/b', 'a/b/c', 'b/a', 'usr/lib', './', 'usr/a', 'a/', 'b/kept'];
  const targets = ['../outside', '../outside/kept', '/', 'a', 'b', 'a/b', '..', 'usr', './b/../../outside'];
  const types = ['0', '1', '2', '5', '5', '6'];
  const added = Array.from({ length: 1 + random.below(6) }, (): TarEntry => {
    const type = random.pick(types);
    return { name: random.pick(names), type, link: random.pick(targets), content: type === '0' ? 'x' : '' };
  });
  return tarOf([...smallSystem, ...added]);
}

async function attempt(input: string, into: string): Promise<string> {
  const files = system.openRoot(into);
  const hooks = { onProgress: () => undefined, signal: AbortSignal.timeout(5000) };
  const options = { digest: null, signature: null, trustedDirectories: [], limits: usualLimits, scratch: '/nowhere' };
  try {
    await unpackImage(
      async ({ writer }) => {
        await readTar(pieces(input), (entry, content) => writer.write(entry, content));
        writer.finish();
        return { digest: null, signer: null, leftOut: [] };
      },
      { into: files, options, hooks, system },
    );
    const entries = readdirSync(into);
    assert.ok(entries.includes('usr'));
    rmSync(into, { recursive: true });
    mkdirSync(into);
    return 'unpacked';
  } catch (error) {
    if (!(error instanceof Failure)) throw new Error(`failed on ${JSON.stringify(input)}`, { cause: error });
    assert.deepEqual(readdirSync(into), [], 'nothing is left');
    return error.code;
  } finally {
    files.close();
  }
}

async function* pieces(input: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(input, 'latin1');
  for (let at = 0; at < bytes.length; at += 700) yield await Promise.resolve(bytes.subarray(at, at + 700));
}

/** A fuzzer does not find sums that fit: those of all that looks like a header are put right. */
function sealed(input: string): string {
  const bytes = Buffer.from(input, 'latin1');
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const block = bytes.subarray(at, at + 512);
    if (block.toString('latin1', 257, 262) === 'ustar') block.write(sumOf(block).toString(8).padStart(6, '0'), 148);
  }
  return bytes.toString('latin1');
}
