import { createHash } from 'node:crypto';
import { readdir, readFile, rename, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { command } from './command.ts';
import { locked } from './locked.ts';
import { timed } from './progress.ts';

/** Builds of one name that are kept besides those in use within the last hour. */
const keptBuilds = 3;

/** Something built once and kept: a file or a directory, known by its name and a hash of what it is made from. */
export type Build = {
  readonly name: string;
  /** Texts that determine the content: scripts, lists, keys of other builds. */
  readonly inputs: readonly string[];
  /** Makes the thing at `path`, where nothing stands yet. */
  readonly make: (path: string) => Promise<void>;
};

/** A thing in the cache; `key` is an input of whatever is built from it. */
export type Built = { readonly path: string; readonly key: string };

/** Where everything that was built is kept: `${XDG_CACHE_HOME:-~/.cache}/migrate`. */
export function cacheDirectory(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'migrate');
}

/** The thing, from the cache or made now. Two runs never make the same at once, and a half-made one is never seen. */
export async function cached(build: Build): Promise<Built> {
  const hash = createHash('sha256').update(JSON.stringify(build.inputs)).digest('hex').slice(0, 16);
  const key = `${build.name}-${hash}`;
  const path = join(cacheDirectory(), key);
  if (!(await exists(path))) {
    await locked(join(cacheDirectory(), 'locks', key), async () => {
      if (!(await exists(path))) await make(build, path);
    });
  }
  const now = new Date();
  await utimes(path, now, now);
  return { path, key };
}

/** Text of the files below a directory with their names, sorted: an input that changes when any of them does. */
export async function contentOf(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return readFile(path, 'utf8');
  const parts: string[] = [];
  for (const name of (await readdir(path)).toSorted()) parts.push(name, await contentOf(join(path, name)));
  return parts.join('\0');
}

/** Whether something stands at the path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

async function make(build: Build, path: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  await command('rm', ['-rf', '--one-file-system', unfinished]);
  await timed(`build ${build.name}`, () => build.make(unfinished));
  await rename(unfinished, path);
  await removeOld(build.name);
}

async function removeOld(name: string): Promise<void> {
  const pattern = new RegExp(`^${name}-[0-9a-f]{16}$`);
  const builds: { path: string; used: number }[] = [];
  for (const entry of await readdir(cacheDirectory())) {
    const path = join(cacheDirectory(), entry);
    if (pattern.test(entry)) builds.push({ path, used: (await stat(path)).mtimeMs });
  }
  const hourAgo = Date.now() - 3_600_000;
  for (const { path, used } of builds.toSorted((a, b) => b.used - a.used).slice(keptBuilds)) {
    if (used < hourAgo) await command('rm', ['-rf', '--one-file-system', path]);
  }
}
