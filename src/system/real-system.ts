import { hash, randomUUID } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, release } from 'node:os';
import { dirname } from 'node:path';
import type { ByteString } from '../domain/bytes.ts';
import { errorCode, Failure } from '../domain/failure.ts';
import { compress, decompress } from './decompress.ts';
import { interruptible } from './interruption.ts';
import { lookAhead } from './look-ahead.ts';
import { pause } from './pause.ts';
import { openConsoles } from './real-consoles.ts';
import { mounts } from './real-mounts.ts';
import { streams } from './real-streams.ts';
import { subvolumes } from './real-subvolumes.ts';
import { openRoot } from './rooted-files.ts';
import { commands } from './run-command.ts';
import { runLimited } from './run-limited.ts';
import { signOfProgress } from './sign-of-progress.ts';
import { supervise } from './supervise.ts';
import type { System } from './system.ts';

/** This machine. `selfCommand` starts this program anew. */
export function realSystem(selfCommand: readonly [string, ...string[]]): System {
  return {
    openRoot,
    newUuid: () => randomUUID().replaceAll('-', ''),
    now: () => new Date().toISOString(),
    digest,
    decompress: (name, content) => decompress(name, content, commands),
    compress,
    commands,
    mounts,
    subvolumes,
    streams,
    interruptible,
    kernelRelease: release(),
    readFile,
    writeFile,
    withTemporaryDirectory,
    home: homedir,
    exists,
    lookAhead,
    linkTarget,
    directory,
    resolve,
    selfCommand,
    superviseSelf: (args, silentSeconds) => supervise([...selfCommand, ...args], silentSeconds),
    runLimited,
    pause,
    openConsoles,
    logToKernel: (line) => writeFileSync('/dev/kmsg', `<5>${line}\n`),
    signOfProgress,
    isRoot: process.geteuid?.() === 0,
  };
}

function digest(bytes: ByteString): string {
  return hash('sha256', Buffer.from(bytes, 'latin1'));
}

function readFile(path: string): ByteString {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    throw unusable('unreadable', `Cannot read ${path}`, error);
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw unusable('unreadable', `Cannot look at ${path}`, error);
  }
}

function linkTarget(path: string): ByteString | null {
  try {
    return readlinkSync(path, 'latin1');
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return null;
  }
}

function writeFile(path: string, content: ByteString): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, content, { encoding: 'latin1', mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** In /run, which is in memory and there in an initramfs too. */
function withTemporaryDirectory<Result>(use: (directory: string) => Result): Result {
  const directory = mkdtempSync('/run/migrate-');
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function directory(path: string): ByteString {
  let resolved: Buffer;
  try {
    resolved = realpathSync(path, 'buffer');
  } catch (error) {
    throw unusable('no-directory', `Cannot use ${path}`, error);
  }
  if (!statSync(resolved).isDirectory()) {
    throw new Failure({
      code: 'no-directory',
      kind: 'input',
      message: `Cannot use ${path}: it is not a directory`,
    });
  }
  return resolved.toString('latin1');
}

function resolve(path: string): ByteString {
  try {
    return realpathSync(path, 'buffer').toString('latin1');
  } catch (error) {
    throw unusable('unreadable', `Cannot read ${path}`, error);
  }
}

function unusable(code: string, what: string, error: unknown): Failure {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'it does not exist',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
    ENOTDIR: 'something on its way is not a directory',
  };
  const name = errorCode(error);
  if (name === null) throw error;
  return new Failure({ code, kind: 'input', message: `${what}: ${reasons[name] ?? name}`, cause: error });
}
