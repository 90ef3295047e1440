import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mirrorOf, privateOptions, runningSuite, writeSources } from '../../qemu/backports.ts';

export type Suite = 'bookworm' | 'trixie';

/** Asks apt-cache(8) about the packages of a suite. */
export type AptCache = (...words: readonly string[]) => string;

type Download = {
  readonly suite: Suite;
  /** A directory for what is needed on the way; removed in the end. */
  readonly workshop: string;
  readonly names: (aptCache: AptCache) => readonly string[];
  /** What is done with each package: its file's name, and the directory with its files, which is then removed. */
  readonly use: (deb: string, unpacked: string) => void;
};

/** Downloads packages of a suite, as it is now, without a trace in the package manager of this machine. */
export async function downloadPackages({ suite, workshop, names, use }: Download): Promise<void> {
  mkdirSync(workshop, { recursive: true });
  await writeSources(workshop, await mirrorOf(await runningSuite()), [suite]);
  const options = privateOptions(workshop);
  run('apt-get', [...options, 'update']);
  run('apt-get', [...options, 'download', ...names((...words) => run('apt-cache', [...options, ...words]))], workshop);
  for (const deb of readdirSync(workshop).filter((name) => name.endsWith('.deb'))) {
    const unpacked = join(workshop, 'unpacked');
    run('dpkg-deb', ['--extract', join(workshop, deb), unpacked]);
    use(deb, unpacked);
    rmSync(unpacked, { recursive: true });
  }
  rmSync(workshop, { recursive: true });
}

/** Runs a program to its end; what it prints, a byte a character. */
export function run(program: string, args: readonly string[], cwd?: string): string {
  return execFileSync(program, args, { encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'], ...(cwd && { cwd }) });
}
