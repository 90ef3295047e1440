import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unpackPackages } from './backports.ts';
import { cached } from './cache.ts';
import { CommandError, command } from './command.ts';

/** Older ones corrupt guests under TCG: 4 of 5 boots of Debian 13's kernel in Debian 12's 7.2 ended in an oops. */
const oldestVersion = 10;
const program = 'qemu-system-x86_64';
const packages = ['qemu-system-x86', 'seabios'];

/** How to start QEMU: the program, the arguments that must come first, and what to add to the environment. */
export type Emulator = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** QEMU 10 or newer: the system's, else one unpacked from Debian packages into the cache. */
export async function findEmulator(): Promise<Emulator> {
  const system: Emulator = { file: program, args: [], env: {} };
  if ((await majorVersion(system)) >= oldestVersion) return system;
  const built = await cached({
    name: 'qemu',
    inputs: [await readFile('/etc/os-release', 'utf8'), ...packages],
    make: (path) => unpackPackages(packages, path),
  });
  const unpacked = unpackedEmulator(built.path);
  const version = await majorVersion(unpacked);
  if (version < oldestVersion) throw new Error(`QEMU ${oldestVersion} is needed; ${built.path} holds ${version}`);
  return unpacked;
}

function unpackedEmulator(directory: string): Emulator {
  const libraries = join(directory, 'usr/lib/x86_64-linux-gnu');
  return {
    file: join(directory, 'usr/bin', program),
    args: ['-L', join(directory, 'usr/share/qemu'), '-L', join(directory, 'usr/share/seabios')],
    env: { LD_LIBRARY_PATH: `${libraries}:${join(directory, 'lib/x86_64-linux-gnu')}` },
  };
}

/** 0 where the program is not there. */
async function majorVersion(emulator: Emulator): Promise<number> {
  try {
    const { stdout } = await command(emulator.file, ['--version'], { env: emulator.env });
    return Number(/version (\d+)\./.exec(stdout)?.[1] ?? 0);
  } catch (error) {
    if (error instanceof CommandError && error.message.includes('ENOENT')) return 0;
    throw error;
  }
}
