import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { filesBelow } from './fingerprint.ts';

/**
 * Shared libraries of the binary that an initramfs may lack. libc and the loader are not among them: every initramfs
 * has its own, and these must be of the same release, which is why they come from the image that the initramfs is of.
 */
const libraries = ['libdl.so.2', 'libgcc_s.so.1', 'libm.so.6', 'libpthread.so.0', 'libstdc++.so.6'];

/** Where libraries lie on merged-/usr systems: Debian's and Fedora's place. */
const libraryFolders = ['usr/lib/x86_64-linux-gnu', 'usr/lib64'];

export type SecondInitrd = {
  readonly binary: string;
  /** Root directory of the image whose initramfs this will be loaded after. */
  readonly root: string;
  readonly output: string;
  /** Level of zstd, 1 to 19. */
  readonly level: number;
};

/**
 * Makes the archive that the loader loads after an initramfs: the binary as /usr/bin/migrate, and its libraries. The
 * same contents give the same bytes. Throws where the root lacks a library.
 */
export async function makeSecondInitrd(parts: SecondInitrd): Promise<void> {
  const stage = mkdtempSync(join(tmpdir(), 'migrate-initrd-'));
  try {
    place(parts.binary, join(stage, 'usr/bin/migrate'), 0o755);
    for (const library of libraryPaths(parts.root)) place(join(parts.root, library), join(stage, library), 0o644);
    await archive(stage, parts);
  } finally {
    rmSync(stage, { recursive: true });
  }
}

/** Paths of the binary's libraries relative to the root. */
export function libraryPaths(root: string): string[] {
  const folder = libraryFolders.find((candidate) => insideRoot(root, join(candidate, 'libc.so.6')));
  if (folder === undefined) throw new Error(`${root} has no libc.so.6 in ${libraryFolders.join(' or ')}`);
  return libraries.map((name) => {
    const path = join(folder, name);
    if (!insideRoot(root, path)) throw new Error(`${root} lacks ${path}, which the binary needs`);
    return path;
  });
}

// A link that leads out of the image would bring the library of this machine.
function insideRoot(root: string, path: string): boolean {
  const base = realpathSync(root);
  try {
    return base === '/' || realpathSync(join(base, path)).startsWith(`${base}/`);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function place(source: string, target: string, mode: number): void {
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, mode);
}

async function archive(stage: string, parts: SecondInitrd): Promise<void> {
  const files = filesBelow(stage).map((file) => file.slice(stage.length + 1));
  const names = [...new Set(files.flatMap(foldersOf)), ...files];
  for (const name of names) {
    if (!files.includes(name)) chmodSync(join(stage, name), 0o755);
  }
  for (const name of names.toReversed()) lutimesSync(join(stage, name), 0, 0);
  const unfinished = `${resolve(parts.output)}.unfinished`;
  const pack = ['--create', '--format=newc', '--reproducible', '--owner=+0:+0', '--quiet'];
  await execa('cpio', pack, {
    cwd: stage,
    input: `${names.join('\n')}\n`,
    encoding: 'buffer',
    maxBuffer: 2 ** 30,
  }).pipe('zstd', ['--quiet', '--threads=0', `-${parts.level}`, '--force', '-o', unfinished]);
  renameSync(unfinished, parts.output);
}

// Outermost first: the kernel makes a file only where its directory is.
function foldersOf(file: string): string[] {
  const names = file.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      binary: { type: 'string', default: 'dist/migrate' },
      root: { type: 'string', default: '/' },
      output: { type: 'string', default: 'dist/migrate.cpio.zst' },
      level: { type: 'string', default: '12' },
    },
  });
  await makeSecondInitrd({ ...values, level: Number(values.level) });
}
