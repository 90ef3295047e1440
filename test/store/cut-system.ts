import type { Files, RootOptions } from '../../src/system/files.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';
import { changing, intercept, Killed, methodOf } from '../apply/interruption.ts';

/** Every call by which a store or a kind of storage changes what is on the disk. */
const cutCalls: readonly (keyof Files)[] = [
  ...changing,
  ...(['appendDurably', 'exchange', 'createInPieces', 'withoutFlags', 'sync'] as const),
];
const readCalls: readonly (keyof Files)[] = ['status', 'entry', 'list', 'read', 'digest', 'space', 'xattr', 'lock'];

/** Where a run is cut off: before that changing call, or in the middle of a write. */
export type Cut = { readonly at: number; readonly moment: 'before' | 'during' };

export type CutSystem = {
  readonly system: System;
  /** The changing calls so far: those of all roots, and programs that were run. */
  readonly calls: () => number;
  readonly isDead: () => boolean;
};

/** This machine, that stops at a changing call: from then on nothing can be done any more. */
export function cutSystem({ at, moment }: Cut): CutSystem {
  const real = realSystem(['/bin/false']);
  let calls = 0;
  let dead = false;
  function beAlive(name: string): void {
    if (dead) throw new Killed(`${name} after the end`);
  }
  function guarded<Result>(name: string, half: () => void, run: () => Result): Result {
    beAlive(name);
    calls += 1;
    if (calls !== at) return run();
    dead = true;
    if (moment === 'during') half();
    throw new Killed(`${moment} ${name}, call ${at}`);
  }
  function openRoot(directory: string, options?: RootOptions): Files {
    beAlive('openRoot');
    const files = real.openRoot(directory, options);
    for (const name of readCalls) {
      const original = methodOf(files, name);
      intercept(files, name, (args) => {
        beAlive(name);
        return original(args);
      });
    }
    for (const name of cutCalls) {
      const original = methodOf(files, name);
      intercept(files, name, (args) =>
        guarded(
          name,
          () => doHalf(name, args, original),
          () => original(args),
        ),
      );
    }
    return files;
  }
  const commands: System['commands'] = {
    has: real.commands.has,
    pieces: real.commands.pieces,
    run: (program, args, options) =>
      guarded(
        program,
        () => undefined,
        () => real.commands.run(program, args, options),
      ),
  };
  return { system: { ...real, openRoot, commands }, calls: () => calls, isDead: () => dead };
}

/** A file that was being written has less in it; everything else happens at once or not at all. */
function doHalf(name: keyof Files, args: readonly unknown[], original: (args: readonly unknown[]) => unknown): void {
  const content = args.at(-1);
  if ((name !== 'appendDurably' && name !== 'create') || typeof content !== 'string') return;
  original([...args.slice(0, -1), content.slice(0, Math.floor(content.length / 2))]);
}
