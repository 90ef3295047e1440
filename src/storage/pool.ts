import { Failure } from '../domain/failure.ts';

/** For kinds of storage that keep objects below the directory of the store. Throws Failure `pool` where one is named. */
export function refusePool(kind: string, pool: string | undefined): void {
  if (pool !== undefined) throw poolFailure(`${kind} keeps branches and tags in the directory of the store`);
}

/** For kinds that keep them elsewhere. Throws Failure `pool` where none is named. */
export function requirePool(kind: string, pool: string | undefined, form: string): string {
  if (pool !== undefined) return pool;
  throw poolFailure(`${kind} keeps branches and tags in a pool, and none is named`, `Name it with --pool ${form}`);
}

/** The pool cannot be used. */
export function poolFailure(why: string, advice = 'Leave out --pool'): Failure {
  return new Failure({ code: 'pool', kind: 'input', message: `Cannot use the pool: ${why}`, advice });
}
