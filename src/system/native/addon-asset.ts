import { lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { getRawAsset } from 'node:sea';
import { Failure } from '../../domain/failure.ts';
import type { Koffi } from './koffi.ts';

/** Where the addon may stand for the moment of its loading: dlopen(3) needs a file that may be mapped executable. */
const directories = ['/run/migrate', '/var/lib/migrate/native'] as const;

/**
 * Loads koffi out of the single binary: written to a directory that only we may write, loaded, removed again. The
 * second directory serves where `/run` cannot be written or is mounted noexec. Throws Failure `native-library`.
 */
export function loadAddonAsset(): Koffi {
  const problems: string[] = [];
  for (const directory of directories) {
    try {
      return loadFrom(directory);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Failure({
    code: 'native-library',
    kind: 'failed',
    message: `Cannot load the native library: ${problems.join('; ')}`,
    advice: `Run as root, with ${directories.join(' or ')} on a filesystem that is writable and not noexec.`,
  });
}

function loadFrom(directory: string): Koffi {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  assertOurs(directory);
  const file = `${directory}/koffi.${process.pid}.node`;
  // A run that was killed here may have had our process number.
  rmSync(file, { force: true });
  try {
    writeFileSync(file, new Uint8Array(getRawAsset('koffi.node')), { flag: 'wx', mode: 0o600 });
    return loadLibrary(file);
  } finally {
    rmSync(file, { force: true });
  }
}

function loadLibrary(file: string): Koffi {
  const library: { exports: unknown } = { exports: {} };
  process.dlopen(library, file);
  if (!isKoffi(library.exports)) throw new Error(`${file} is not koffi`);
  return library.exports;
}

// Code is loaded from there: nobody else may have a hand in the directory.
function assertOurs(directory: string): void {
  const status = lstatSync(directory);
  const ours = status.isDirectory() && status.uid === process.geteuid?.() && (status.mode & 0o022) === 0;
  if (!ours) throw new Error(`${directory} is not a directory that only this user may write`);
}

function isKoffi(value: unknown): value is Koffi {
  return typeof value === 'object' && value !== null && 'load' in value && 'errno' in value && 'os' in value;
}
