import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { FoundRun } from '../../src/apply/run-folder.ts';
import { busyTrees } from '../apply/busy-trees.ts';
import { Sandbox, timeless } from '../apply/sandbox.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { timesBelow } from '../property/untouched.ts';
import { type FilesystemKind, withFilesystem } from '../system/loop-filesystem.ts';
import { callsIn, changeOf, lastCallIn, type SystemCall, subjectOf } from './system-calls.ts';

/** A call that changes a file tree, and in what way. */
export type Change = SystemCall & { readonly kind: string };

/** How a process ended. */
export type Ended = { readonly exitCode: number | null; readonly signal: string | null; readonly stderr: string };

/** How often a run is tried until it is cut off where it should be. */
const attempts = 20;

/** Node and the C library open files of their own when they like, which shifts the number of a call among its like. */
const shifts = [0, 1, -1, 2, -2];

/** One filesystem with three trees, in which one process after another migrates. */
export class Lane {
  readonly sandbox: Sandbox;
  readonly #program: string;
  readonly #log: string;
  readonly #before: string[];

  private constructor(mountpoint: string, program: string) {
    this.sandbox = new Sandbox(mountpoint, busyTrees());
    this.#program = program;
    this.#log = join(mountpoint, 'log');
    writeFileSync(join(mountpoint, 'all.policy'), 'default persist\n');
    makeNoCopyOnWrite(this.sandbox.oursDirectory);
    this.#before = this.#old();
  }

  /** Hands on a lane on a filesystem of its own. */
  static async on(kind: FilesystemKind, program: string, body: (lane: Lane) => void | Promise<void>): Promise<void> {
    await withFilesystem(kind, (mountpoint) => body(new Lane(mountpoint, program)), { size: '8G' });
  }

  /** Migrates with a process of its own, traced by strace where it is given options. */
  async run(tracing: readonly string[] | null = null): Promise<Ended> {
    const { base, old, new: result } = this.sandbox.request();
    const trees = ['--base', base, '--old', old, '--new', result];
    const command = [this.#program, 'apply', ...trees, '--policy', 'all.policy', '--unattended'];
    const strace = ['strace', '-f', '-qq', '-o', this.#log, ...(tracing ?? []), process.execPath];
    const [file = '', ...args] = [...(tracing === null ? [process.execPath] : strace), ...command];
    const ended = await execa(file, args, { cwd: this.sandbox.directory, reject: false, stdin: 'ignore' });
    return { exitCode: ended.exitCode ?? null, signal: ended.signal ?? null, stderr: ended.stderr };
  }

  /** Every system call of a run of which all went well. */
  async callsOfRun(): Promise<SystemCall[]> {
    const { exitCode, stderr } = await this.run(['-y']);
    if (exitCode !== 0) throw new Error(`the traced run failed: ${stderr}`);
    return callsIn(this.#written());
  }

  /**
   * Starts again from a pristine new root, migrates and is killed by the kernel when it enters the first call, migrates
   * and is killed at the next one, and so on. Returns how far each run came.
   */
  async cutOffAt(cut: readonly SystemCall[]): Promise<FoundRun['state'][]> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const states = await this.#tryToCutOffAt(cut.map((call) => shifted(call, attempt)));
      if (states.length === cut.length) return states;
    }
    throw new Error(`never killed at ${cut.map(({ text }) => text).join(' and at ')}`);
  }

  /** Starts again from a pristine new root and migrates while the kernel refuses one call with an error. */
  async runRefused(call: SystemCall, error: string): Promise<Ended> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      this.sandbox.renew();
      const ended = await this.run(injection(shifted(call, attempt), `error=${error}`));
      const refused = this.#written()
        .split('\n')
        .find((line) => line.endsWith('(INJECTED)'));
      if (refused !== undefined && subjectOf(lastCallIn(refused) ?? '') === subjectOf(call.text)) return ended;
    }
    throw new Error(`never refused: ${call.text}`);
  }

  /** In what the new root differs from the expected one; with times also where a run that was planned anew left its own. */
  differences(expected: TreeNode, plannedAnew: boolean): string[] {
    const ignored = plannedAnew ? timeless : timeless.difference(new Set(['/']));
    return describeDifferences(this.sandbox.read(), expected, ignored);
  }

  /** Whether nothing was ever written or renamed in the old root. */
  isOldUntouched(): boolean {
    return this.#old().join('\n') === this.#before.join('\n');
  }

  #old(): string[] {
    return timesBelow(Buffer.from(this.sandbox.oursDirectory));
  }

  async #tryToCutOffAt(cut: readonly SystemCall[]): Promise<FoundRun['state'][]> {
    const states: FoundRun['state'][] = [];
    this.sandbox.renew();
    for (const call of cut) {
      const { signal } = await this.run(injection(call, 'signal=KILL'));
      if (signal !== 'SIGKILL' || lastCallIn(this.#written()) !== call.text) return states;
      states.push(this.sandbox.state());
    }
    return states;
  }

  #written(): string {
    return readFileSync(this.#log, 'latin1');
  }
}

/** The calls that change a file tree. */
export function changesAmong(calls: readonly SystemCall[]): Change[] {
  return calls.flatMap((call) => {
    const kind = changeOf(call);
    return kind === null ? [] : [{ ...call, kind }];
  });
}

function shifted(call: SystemCall, attempt: number): SystemCall {
  const shift = call.name === 'openat' ? (shifts[attempt % shifts.length] ?? 0) : 0;
  return { ...call, nth: call.nth + shift };
}

function injection({ name, nth }: SystemCall, what: string): string[] {
  return ['-y', '-e', `trace=${name}`, '-e', `inject=${name}:${what}:when=${nth}`];
}

/** A file without copy-on-write, which it has to be made as; other filesystems have no such flag. */
function makeNoCopyOnWrite(directory: string): void {
  const type = execFileSync('stat', ['-f', '-c', '%T', directory], { encoding: 'utf8' }).trim();
  if (type !== 'btrfs') return;
  const script = 'cd "$1"; : >nocow; chattr +C nocow; head -c 100000 /dev/zero | tr "\\0" x >nocow';
  execFileSync('sh', ['-c', script, 'sh', directory]);
}
