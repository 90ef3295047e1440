import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { usualLimits } from '../../src/images/limits.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import { placesOf, type TreeNode } from '../property/tree-node.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { withMuteRegistry, withRegistry } from './registry.ts';
import { directory, file, sampleTree } from './sample-tree.ts';
import { assertRefused, assertUnpacksTo, makeTree, system, treeAt, unpack } from './unpacking.ts';

/** A layout with an image of the layers, each an archive; gives the path. */
function makeLayout(place: string, layers: readonly string[], tag = 'v1'): string {
  const layout = join(place, 'layout');
  run('umoci', 'init', '--layout', layout);
  run('umoci', 'new', '--image', `${layout}:${tag}`);
  for (const layer of layers) run('umoci', 'raw', 'add-layer', '--image', `${layout}:${tag}`, layer);
  run('umoci', 'gc', '--layout', layout);
  return layout;
}

/** A layer of a tree; names are put in the order given, as whiteouts may stand before or after what they are about. */
function layer(place: string, name: string, tree: TreeNode, order: readonly string[] = ['.']): string {
  const source = makeTree(join(place, name), tree);
  const archive = `${source}.tar`;
  const attributes = ['--xattrs', '--xattrs-include=*', '--acls', '--numeric-owner', '--sparse'];
  run('tar', '--create', ...attributes, '--file', archive, '--directory', source, ...order);
  return archive;
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { stdio: 'pipe', encoding: 'utf8' });
}

/** Three layers: a system; changes to it; changes to those. And what is to come of them. */
function layersIn(place: string): { readonly archives: string[]; readonly expected: TreeNode } {
  const base = sampleTree();
  base.children.set('opaque', directory({ lower: file('lower'), both: directory({ lower: file('lower') }) }));
  base.children.set('gone', directory({ deep: directory({ file: file('gone') }) }));
  base.children.set('becomes-file', directory({ child: file('x') }));
  base.children.set('becomes-directory', file('a file'));
  base.children.set('twice', file('first'));
  const second = directory({
    opaque: directory({ '.wh..wh..opq': file(''), upper: file('upper'), both: directory({ upper: file('upper') }) }),
    '.wh.gone': file(''),
    'becomes-file': file('now a file'),
    'becomes-directory': directory({ child: file('now a directory') }),
    etc: directory({ passwd: file('root:x:0:0::/:/bin/bash\n'), '.wh.group': file('') }),
    '.wh.nothing': file(''),
    '.wh..wh.aufs': file('note'),
  });
  const third = directory({ twice: file('third'), gone: directory({ new: file('again') }), usr: directory({}) });
  const shared = file('shared over layers');
  second.children.set('shared-1', shared).set('shared-2', shared);
  return {
    archives: [
      layer(place, 'first', base),
      layer(place, 'second', second, ['--no-recursion', '.', ...walk(second)]),
      linking(place, layer(place, 'third', third)),
    ],
    expected: merged(place),
  };
}

/** Names before the marks that hide what is below them, the other way round than tar(1) would have them. */
function walk(tree: TreeNode): string[] {
  const paths = [...placesOf(tree)].map(({ path }) => `.${path}`).filter((path) => path !== './');
  return paths.toSorted((a, b) => Number(a.includes('.wh.')) - Number(b.includes('.wh.')));
}

/** Adds another name of a file of a lower layer: to the archive alone, as no tree can have it. */
function linking(place: string, archive: string): string {
  const both = makeTree(join(place, 'both'), directory({ etc: directory({ passwd: file('') }) }));
  run('ln', join(both, 'etc/passwd'), join(both, 'zz-passwd'));
  const pair = join(place, 'pair.tar');
  run('tar', '--create', '--file', pair, '--directory', both, './etc/passwd', './zz-passwd');
  run('tar', '--delete', '--file', pair, './etc/passwd');
  run('tar', '--concatenate', '--file', archive, pair);
  return archive;
}

/** The same by hand: `first` with the changes of the other two made to it. */
function merged(place: string): TreeNode {
  const [result, second, third] = ['first', 'second', 'third'].map((name) => treeAt(join(place, name)));
  if (result === undefined || second === undefined || third === undefined) throw new TypeError('three trees');
  for (const name of ['gone', 'becomes-file', 'becomes-directory']) result.children.delete(name);
  result.children.get('etc')?.children.delete('group');
  result.children.get('opaque')?.children.clear();
  for (const upper of [second, third]) lay(result, upper);
  const passwd = result.children.get('etc')?.children.get('passwd');
  if (passwd !== undefined) result.children.set('zz-passwd', passwd);
  return result;
}

function lay(lower: TreeNode, upper: TreeNode): void {
  for (const [name, child] of upper.children) {
    if (name.startsWith('.wh.')) continue;
    const present = lower.children.get(name);
    if (present?.type === 'directory' && child.type === 'directory') {
      lay(present, child);
      Object.assign(present, { mode: child.mode, mtime: child.mtime, xattrs: child.xattrs });
    } else lower.children.set(name, withoutMarks(child));
  }
  Object.assign(lower, { mode: upper.mode, mtime: upper.mtime, xattrs: upper.xattrs });
}

function withoutMarks(tree: TreeNode): TreeNode {
  for (const { node } of placesOf(tree)) {
    for (const name of node.children.keys()) if (name.startsWith('.wh.')) node.children.delete(name);
  }
  return tree;
}

test('an OCI layout, its archive and a registry come to the same tree: whiteouts, opaque directories, links over layers', async () => {
  await withFilesystem('ext4', async (place) => {
    const { archives, expected } = layersIn(place);
    const layout = makeLayout(place, archives);
    const digest = manifestDigest(layout);
    await inPlace(place, 'a', async (own) => {
      assert.equal((await assertUnpacksTo(layout, own, expected)).digest, digest);
      await compareWithUmoci(layout, own);
    });
    const archive = join(place, 'layout.tar');
    run('skopeo', 'copy', '--insecure-policy', `oci:${layout}:v1`, `oci-archive:${archive}:v1`);
    await inPlace(place, 'b', async (own) => {
      const { digest: ofFile } = await assertUnpacksTo(archive, own, expected);
      assert.equal(ofFile, sha256(archive));
    });
    await inPlace(place, 'c', (own) =>
      withRegistry(own, async (address) => {
        const remote = `docker://${address}/system:v1`;
        run('skopeo', 'copy', '--insecure-policy', `oci:${layout}:v1`, remote);
        const phases = new Set<string>();
        const onProgress = ({ phase }: { phase: string }): void => void phases.add(phase);
        const fetched = await assertUnpacksTo(remote, own, expected, { onProgress, digest });
        assert.equal(fetched.digest, digest);
        assert.deepEqual([...phases], ['fetch', 'unpack']);
        await inPlace(own, 'by-digest', (next) =>
          assertUnpacksTo(`docker://${address}/system@${digest}`, next, expected).then(() => undefined),
        );
        await inPlace(own, 'other', (next) =>
          assertRefused(`docker://${address}/system:v2`, next, 'image-unreachable', /manifest unknown|not found/),
        );
        await inPlace(own, 'by-policy', async (next) => {
          const policy = join(own, 'home/.config/containers/policy.json');
          writeFileSync(policy, '{"default": [{"type": "reject"}]}');
          // As on a machine that has none in /etc.
          const exists = (path: string): boolean => !path.startsWith('/etc/') && system.exists(path);
          const rejected = unpack(remote, next, {}, { ...system, exists });
          await assert.rejects(rejected, { code: 'image-unreachable', message: /rejected by policy/ });
          rmSync(policy);
        });
        await inPlace(own, 'tampered', async (next) => {
          tamperWithRegistry(join(own, 'registry'));
          await assertRefused(remote, next, 'image-unreachable', /cannot be fetched/);
        });
      }),
    );
  });
});

test('a registry that takes the connection and says nothing is not waited for without end', async () => {
  await withFilesystem('ext4', async (place) => {
    await withMuteRegistry(place, async (address) => {
      const limits = { ...usualLimits, silentSeconds: 2 };
      const silent = /sent nothing for 2 seconds/;
      await assertRefused(`docker://${address}/system:v1`, place, 'image-unreachable', silent, { limits });
    });
  });
});

/** What umoci makes of it is the same, but for what it does not keep. */
async function compareWithUmoci(layout: string, place: string): Promise<void> {
  const bundle = join(place, 'bundle');
  run('umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:v1`, bundle);
  const [theirs, ours] = [treeAt(join(bundle, 'rootfs')), treeAt(join(place, 'into'))];
  for (const tree of [theirs, ours]) {
    for (const { node } of placesOf(tree)) {
      for (const name of [...node.xattrs.keys()]) if (!name.startsWith('user.')) node.xattrs.delete(name);
      node.sparse = false;
    }
  }
  // Of directories in which a later layer has only hidden or made something it keeps the time of doing so.
  const directories = [...placesOf(ours)].filter(({ node }) => node.type === 'directory').map(({ path }) => path);
  assert.deepEqual(describeDifferences(ours, theirs, new Set(directories)), []);
  await Promise.resolve();
}

test('a layout with several images needs a tag, and says which there are', async () => {
  await withFilesystem('ext4', async (place) => {
    const layout = makeLayout(place, [layer(place, 'tree', sampleTree())]);
    run('umoci', 'new', '--image', `${layout}:empty`);
    await assert.rejects(unpack(layout, place), /several images for any tag on .*, of: (v1|empty).*, (v1|empty)/);
    await assert.rejects(unpack(`oci:${layout}:v3`, place), /no image for v3/);
    await assertRefused(`oci:${layout}:empty`, place, 'not-an-image', /no directory \/usr/);
    await assertUnpacksTo(`oci:${layout}:v1`, place, treeAt(join(place, 'tree')));
  });
});

test('a layout with a blob that is changed, cut off, missing or a link is refused, and nothing is left', async () => {
  await withFilesystem('ext4', async (place) => {
    const layout = makeLayout(place, [layer(place, 'tree', sampleTree())]);
    const blob = largestBlob(layout);
    const damages: readonly (readonly [string, string, RegExp, (path: string) => void])[] = [
      ['image-mismatch', 'changed', /digest/, (path) => changeByte(path)],
      ['image-damaged', 'cut', /bytes instead of/, (path) => truncateSync(path, 1000)],
      ['image-damaged', 'missing', /lacks the blob/, (path) => rmSync(path)],
      [
        'image-damaged',
        'link',
        /lacks the blob/,
        (path) => {
          renameSync(path, join(place, 'elsewhere'));
          symlinkSync(join(place, 'elsewhere'), path);
        },
      ],
    ];
    for (const [code, name, text, damage] of damages) {
      await inPlace(place, name, async (own) => {
        cpSync(layout, join(own, 'layout'), { recursive: true });
        damage(join(own, 'layout/blobs/sha256', blob));
        await assertRefused(join(own, 'layout'), own, code, text);
      });
    }
  });
});

/** The last byte of gzip's is of the length it unpacks to: the content is right, the digest is not. */
function changeByte(path: string): void {
  const content = readFileSync(path);
  // The third bit of the flags of gzip's header means nothing where there is no extra field: byte 9 is the system it ran on.
  content[9] = (content[9] ?? 0) ^ 1;
  writeFileSync(path, content);
}

function tamperWithRegistry(storage: string): void {
  const blobs = join(storage, 'docker/registry/v2/blobs/sha256');
  const files = readdirSync(blobs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/data'));
  const largest = files.map((name) => join(blobs, name)).toSorted((a, b) => statSync(b).size - statSync(a).size)[0];
  if (largest === undefined) throw new TypeError('there are blobs');
  changeByte(largest);
}

function largestBlob(layout: string): string {
  const blobs = join(layout, 'blobs/sha256');
  const size = (name: string): number => statSync(join(blobs, name)).size;
  return readdirSync(blobs).toSorted((a, b) => size(b) - size(a))[0] ?? '';
}

function manifestDigest(layout: string): string {
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  return manifests[0]?.digest ?? '';
}

function sha256(path: string): string {
  return `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

async function inPlace(place: string, name: string, use: (own: string) => Promise<void>): Promise<void> {
  const own = join(place, name);
  mkdirSync(own);
  await use(own);
}
