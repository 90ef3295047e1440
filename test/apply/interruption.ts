import type { Files } from '../../src/system/files.ts';

/** Where a run is cut off: at which changing call, and whether that call still does its work. */
export type Interruption = { readonly at: number; readonly moment: 'before' | 'during' | 'after' };

/** Thrown where a machine would have stopped; no handler of the product knows it. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** Whether it is killed; what else goes wrong in it is thrown. */
export function dies(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  }
}

/** The same of what takes its time. */
export async function diesLater(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  }
}

/** A call of a root, given its arguments. */
export type Method = (args: readonly unknown[]) => unknown;

/** What changes a root. */
export const changing: readonly (keyof Files)[] = [
  ...(['create', 'copyFrom', 'makeDirectory', 'makeSymlink', 'makeNode', 'link', 'rename', 'unlink'] as const),
  ...(['removeDirectory', 'setOwner', 'setMode', 'setXattr', 'removeXattr', 'setFlags', 'setModified'] as const),
  'syncFilesystem',
];
const reading: readonly (keyof Files)[] = ['status', 'entry', 'list', 'read', 'sameContent', 'digest', 'space'];

/**
 * Lets the changing calls of a root fail from a certain one on, and with it every later call of any kind, so that
 * no clean-up can run. The root itself is changed, not wrapped: roots must be able to know one another. Returns what has
 * counted the calls.
 */
export function interrupt(files: Files, { at, moment }: Interruption): () => number {
  let calls = 0;
  let dead = false;
  function die(name: keyof Files, args: readonly unknown[], original: Method): never {
    dead = true;
    if (moment === 'after') original(args);
    if (moment === 'during') doHalf(files, name, args);
    throw new Killed(`${moment} ${name} ${String(args[0])}, call ${at}`);
  }
  function beAlive(name: keyof Files): void {
    if (dead) throw new Killed(`${name} after the end`);
  }
  for (const name of reading) {
    const original = methodOf(files, name);
    intercept(files, name, (args) => {
      // What a changing call itself reads before it dies belongs to it.
      if (moment === 'before') beAlive(name);
      return original(args);
    });
  }
  for (const name of changing) {
    const original = methodOf(files, name);
    intercept(files, name, (args) => {
      beAlive(name);
      calls += 1;
      return calls === at ? die(name, args, original) : original(args);
    });
  }
  return () => calls;
}

/** A file that was being written is there, with less in it; everything else happens at once or not at all. */
function doHalf(files: Files, name: keyof Files, [path, content]: readonly unknown[]): void {
  if (name !== 'create' && name !== 'copyFrom') return;
  const half = typeof content === 'string' ? content.slice(0, Math.floor(content.length / 2)) : 'half';
  Object.getPrototypeOf(files).create.call(files, path, half);
}

/** A call of a root as it is now. */
export function methodOf(files: Files, name: keyof Files): Method {
  const method: unknown = files[name];
  if (typeof method !== 'function') throw new TypeError(`${name} is no call`);
  return (args) => Reflect.apply(method, files, args);
}

/** Puts something in the place of a call of a root. */
export function intercept(files: Files, name: keyof Files, run: (args: readonly unknown[]) => unknown): void {
  Object.defineProperty(files, name, { value: (...args: unknown[]) => run(args) });
}
