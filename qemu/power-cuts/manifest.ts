import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inMounted } from '../mounted.ts';
import { rootMount } from './cut-machine.ts';

/** Everything a tree holds, times apart: what is known of each path, by its aspect. */
export type Manifest = ReadonlyMap<string, ReadonlyMap<Aspect, string>>;
type Aspect = (typeof aspects)[number];

/** Type, mode, owner, group and target of a link; digest of a file; extended attributes. */
const aspects = ['attributes', 'content', 'xattrs'] as const;

const script = `
output=$1; shift
cd disk
while [ $# -gt 0 ]; do
  ( cd "$1"
    mkdir "$output/$2"
    find . -xdev -printf '%y %m %U:%G %l\\t%P\\0' > "$output/$2/attributes"
    find . -xdev -type f -print0 | xargs -0 --no-run-if-empty sha256sum --zero | sed -z 's,^\\([0-9a-f]*\\)  [.]/,\\1\\t,' > "$output/$2/content"
    getfattr --recursive --physical --no-dereference --dump --match=- . > "$output/$2/xattrs" )
  shift 2
done
`;

/** The manifests of trees of a machine's store, named from the top of its filesystem; the disk is not changed. */
export async function manifestsOf(disk: string, trees: readonly string[]): Promise<readonly Manifest[]> {
  const directory = await mkdtemp(join(tmpdir(), 'migrate-manifest-'));
  try {
    const { options, ...mount } = rootMount(disk);
    const words = trees.flatMap((tree, index) => [tree, String(index)]);
    await inMounted([{ ...mount, options: `${options},ro` }], script, [directory, ...words]);
    return await Promise.all(trees.map((_, index) => readManifest(join(directory, String(index)))));
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function readManifest(directory: string): Promise<Manifest> {
  const manifest = new Map<string, Map<Aspect, string>>();
  const add = (path: string, aspect: Aspect, value: string): void => {
    const known = manifest.get(path) ?? new Map<Aspect, string>();
    manifest.set(path, known.set(aspect, value));
  };
  for (const aspect of ['attributes', 'content'] as const) {
    for (const record of (await readFile(join(directory, aspect), 'latin1'))
      .split('\0')
      .filter((text) => text !== '')) {
      const tab = record.indexOf('\t');
      add(record.slice(tab + 1), aspect, record.slice(0, tab));
    }
  }
  for (const block of (await readFile(join(directory, 'xattrs'), 'latin1')).split('\n\n')) {
    const [, name, values] = /^# file: (.*)\n([\s\S]*)$/.exec(block) ?? [];
    if (name !== undefined && values !== undefined) add(name === '.' ? '' : unescaped(name), 'xattrs', values.trim());
  }
  return manifest;
}

/** getfattr writes bytes that it does not print as octal numbers. */
function unescaped(name: string): string {
  return name.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** A path at which two trees differ. */
export type Difference = { readonly path: string; readonly what: 'missing' | 'added' | Aspect };

/** At which paths a tree is not what it was. */
export function differences(before: Manifest, after: Manifest): readonly Difference[] {
  const changed = [...before].flatMap(([path, known]): Difference[] => {
    const now = after.get(path);
    if (now === undefined) return [{ path, what: 'missing' }];
    return aspects.filter((aspect) => known.get(aspect) !== now.get(aspect)).map((what) => ({ path, what }));
  });
  const added = [...after.keys()].filter((path) => !before.has(path));
  return [...changed, ...added.map((path) => ({ path, what: 'added' }) as const)];
}

/** Services leave there what an orderly shutdown would have removed. */
const temporary = /^(var\/)?tmp\//;
/** What the migration says of itself, its time among it. */
const ofRun = /^var\/lib\/migrate\/\w+\.json$/;

/**
 * The differences that a system does not make by itself while it runs. It is known by those that it has made in an
 * undisturbed run: what was changed or removed there may be again, and where something was added below /var or /tmp, something
 * else may be, by another name.
 */
export function withoutOwn(found: readonly Difference[], own: readonly Difference[]): readonly Difference[] {
  const known = new Set(own.map(keyOf));
  const growing = new Set(
    addedBy(own)
      .map(dirname)
      .filter((path) => /^(var|tmp)(\/|$)/.test(path)),
  );
  const added = new Set(addedBy(found));
  const isOwn = (path: string): boolean =>
    known.has(`added ${path}`) || (added.has(dirname(path)) ? isOwn(dirname(path)) : growing.has(dirname(path)));
  const isExpected = ({ path, what }: Difference): boolean => {
    if (what === 'added') return temporary.test(path) || isOwn(path);
    return known.has(keyOf({ path, what })) || (what === 'content' && ofRun.test(path));
  };
  return found.filter((difference) => !isExpected(difference));
}

function addedBy(found: readonly Difference[]): readonly string[] {
  return found.filter(({ what }) => what === 'added').map(({ path }) => path);
}

/** Whatever aspect of a file was changed, another one may be. */
function keyOf({ path, what }: Difference): string {
  return `${what === 'missing' || what === 'added' ? what : 'changed'} ${path}`;
}
