import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { inodeFlags } from '../../../src/domain/entry.ts';
import { SystemCallError } from '../../../src/domain/failure.ts';
import { childOf, isBelow, type RootPath } from '../../../src/domain/path.ts';
import type { Files } from '../../../src/system/files.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';
import type { Random } from '../../merge/text/random.ts';
import { chooseName } from '../../property/generate-tree.ts';
import { hostPath } from '../../property/write-tree.ts';

/** A tree on the disk that is edited as people and programs do it, one system call after another. */
type Place = { readonly random: Random; readonly files: Files; readonly paths: readonly RootPath[] };
type Edit = (place: Place) => void;

/** What a random edit may meet: names that are taken or gone, directories that are not empty, locked files. */
const refusals: ReadonlySet<string> = new Set(
  'EPERM EEXIST ENOENT ENOTEMPTY EISDIR ENOTDIR EINVAL ELOOP EXDEV EBUSY EOPNOTSUPP ENOTSUP EMLINK ENXIO ETXTBSY'.split(
    ' ',
  ),
);

/** Every kind of edit, by the name under which a test asks for it. */
export const edits = {
  renameFile: ({ random, files, paths }) => rename(files, random.pick(paths), somewhere(random, files, paths)),
  renameDirectory: (place) => {
    const { random, files, paths } = place;
    const directory = random.pick(ofType(place, 'directory'));
    rename(
      files,
      directory,
      somewhere(
        random,
        files,
        paths.filter((path) => !isBelow(path, directory)),
      ),
    );
  },
  rotate: ({ random, files, paths }) => {
    // Several names change places, directories among them.
    const names = [...new Set([1, 2, 3].map(() => random.pick(paths)))];
    rename(files, names[0] ?? '/', '/rotated');
    for (const [index, path] of names.entries()) rename(files, names[index + 1] ?? '/rotated', path);
  },
  link: (place) => {
    const { random, files, paths } = place;
    linkSync(at(files, random.pick(ofType(place, 'file'))), at(files, somewhere(random, files, paths)));
  },
  takeNameAway: (place) => unlinkSync(at(place.files, place.random.pick(ofType(place, 'file')))),
  remove: ({ random, files, paths }) => rmSync(at(files, random.pick(paths)), { recursive: true }),
  append: (place) => writeFileSync(at(place.files, aFile(place)), `more ${place.random.below(9)}\n`, { flag: 'a' }),
  overwrite: (place) => {
    const descriptor = openSync(at(place.files, aFile(place)), 'r+');
    writeSync(descriptor, `over ${place.random.below(9)}`, place.random.below(6000));
    closeSync(descriptor);
  },
  rewriteEqual: (place) => {
    const path = at(place.files, aFile(place));
    writeFileSync(path, readFileSync(path));
  },
  recreateEqual: (place) => {
    const path = at(place.files, aFile(place));
    const content = readFileSync(path);
    unlinkSync(path);
    writeFileSync(path, content);
  },
  replaceByRename: ({ random, files, paths }) => {
    writeFileSync(at(files, '/replacement'), `replaced ${random.below(9)}`);
    rename(files, '/replacement', random.pick(paths));
  },
  truncate: (place) => truncateSync(at(place.files, aFile(place)), place.random.below(9000)),
  punchHole: (place) => onFile(place, ['fallocate', '--punch-hole', ...range(place.random)]),
  zeroRange: (place) => onFile(place, ['fallocate', '--zero-range', ...range(place.random)]),
  reserve: (place) => onFile(place, ['fallocate', '--keep-size', ...range(place.random)]),
  clone: (place) => {
    const [from, to] = [aFile(place), aFile(place)];
    if (from !== to) copyFileSync(at(place.files, from), at(place.files, to), constants.COPYFILE_FICLONE_FORCE);
  },
  cloneRange: (place) => {
    const source = openSync(at(place.files, aFile(place)), 'r');
    try {
      onFile(place, ['xfs_io', '-c', `reflink /dev/fd/3 0 ${4096 * place.random.below(3)} 4096`], source);
    } finally {
      closeSync(source);
    }
  },
  retype: ({ random, files, paths }) => {
    const path = random.pick(paths);
    rmSync(at(files, path), { recursive: true });
    if (random.chance(0.4)) symlinkSync(chooseName(random), at(files, path));
    else if (random.chance(0.5)) files.makeNode(path, 'fifo', null);
    else makeFolder(random, files, path);
  },
  makeFolder: ({ random, files, paths }) => makeFolder(random, files, somewhere(random, files, paths)),
  changeMode: ({ random, files, paths }) =>
    chmodSync(at(files, random.pick(paths)), random.pick([0o755, 0o644, 0o600])),
  changeOwner: ({ random, files, paths }) =>
    lchownSync(at(files, random.pick(paths)), random.below(3), random.below(3)),
  touch: ({ random, files, paths }) => lutimesSync(at(files, random.pick(paths)), 1, 1_000_000_000 + random.below(9)),
  setXattr: ({ random, files, paths }) => {
    files.setXattr(random.pick(paths), 'trusted.edit', random.pick(['', 'x', 'nul\0', 'v'.repeat(3000)]));
  },
  removeXattr: ({ random, files, paths }) => {
    const path = random.pick(paths);
    const xattr = files.entry(path)?.xattrs[0];
    if (xattr !== undefined) files.removeXattr(path, xattr.name);
  },
  setFlags: ({ random, files, paths }) => {
    files.setFlags(
      random.pick(paths),
      random.pick([0, inodeFlags.noDump, inodeFlags.immutable, inodeFlags.noAccessTime]),
    );
  },
  makeSubvolume: ({ random, files, paths }) => {
    // Its own name is plain, as the command takes no bytes.
    makeSubvolume(files, random.pick(paths), `subvolume-${random.below(4)}`);
  },
  /** Where a snapshot was made of a subvolume that others lie in, it has empty directories in their place. */
  removeEmptySubvolume: (place) => {
    for (const path of ofType(place, 'directory').filter((one) => one.includes('subvolume-'))) {
      execFileSync('rmdir', [at(place.files, path).toString('latin1')], { stdio: 'ignore' });
    }
  },
} as const satisfies Record<string, Edit>;

export type EditName = keyof typeof edits;
const names = Object.keys(edits).filter((name): name is EditName => name in edits);

/** Makes so many random edits, and returns what kinds were made; what the tree refuses is passed over. */
export function editInPlace(random: Random, directory: string, count: number): EditName[] {
  const made: EditName[] = [];
  for (let left = count; left > 0; left--) {
    const name = random.pick(names);
    // Directories that the root would keep open move.
    const files = openRoot(directory);
    try {
      if (wasMade(() => edits[name]({ random, files, paths: pathsIn(files) }))) made.push(name);
    } finally {
      files.close();
    }
  }
  return made;
}

function wasMade(edit: () => void): boolean {
  try {
    edit();
    return true;
  } catch (error) {
    if (error instanceof SystemCallError && refusals.has(error.code)) return false;
    if (error instanceof RangeError) return false;
    if (error instanceof Error && 'code' in error && refusals.has(String(error.code))) return false;
    // A command that was refused.
    if (error instanceof Error && 'status' in error) return false;
    throw error;
  }
}

export function makeSubvolume(files: Files, directory: RootPath, name: string): void {
  const parent = at(files, directory).toString('latin1');
  execFileSync('btrfs', ['subvolume', 'create', name], { cwd: parent, stdio: 'ignore' });
}

/** All but what lies in other subvolumes. */
function pathsIn(files: Files, directory: RootPath = '/'): RootPath[] {
  const device = files.status('/')?.inode.device;
  return readdirSync(at(files, directory), { encoding: 'latin1' }).flatMap((name) => {
    const path = childOf(directory, name);
    const status = files.status(path);
    if (status?.inode.device !== device) return [];
    return status?.type === 'directory' ? [path, ...pathsIn(files, path)] : [path];
  });
}

function rename(files: Files, from: RootPath, to: RootPath): void {
  renameSync(at(files, from), at(files, to));
}

function somewhere(random: Random, files: Files, paths: readonly RootPath[]): RootPath {
  const directories = ['/', ...paths.filter((path) => files.status(path)?.type === 'directory')];
  return childOf(random.pick(directories), chooseName(random));
}

function ofType({ files, paths }: Place, type: 'file' | 'directory'): RootPath[] {
  return paths.filter((path) => files.status(path)?.type === type);
}

function aFile(place: Place): RootPath {
  return place.random.pick(ofType(place, 'file'));
}

function range(random: Random): string[] {
  return ['--offset', String(random.below(3) * 4096), '--length', String((1 + random.below(3)) * 4096)];
}

/** The command is given the file as its standard input, as its name may be no text. */
function onFile(place: Place, [program = '', ...args]: readonly string[], ...more: readonly number[]): void {
  const descriptor = openSync(at(place.files, aFile(place)), 'r+');
  try {
    execFileSync(program, [...args, '/dev/stdin'], { stdio: [descriptor, 'ignore', 'ignore', ...more] });
  } finally {
    closeSync(descriptor);
  }
}

function makeFolder(random: Random, files: Files, path: RootPath): void {
  mkdirSync(at(files, path));
  for (let left = random.below(4); left > 0; left--) {
    writeFileSync(at(files, childOf(path, `made-${left}`)), `made ${random.below(9)}\n`);
  }
}

function at(files: Files, path: RootPath): Buffer {
  return hostPath(files, path);
}
