/**
 * How a failure ends the program: `input` is for the person who called (exit 2), `failed` for the machine (exit 1).
 */
export type FailureKind = 'input' | 'failed';

/** A failure that a person can act on: what happened, where, and what to do about it. */
export class Failure extends Error {
  override readonly name = 'Failure';
  /** Stable identifier such as `policy-syntax`; documented, so that scripts can tell failures apart. */
  readonly code: string;
  readonly kind: FailureKind;
  /** What the person can do; printed on a line of its own. */
  readonly advice: string | null;

  constructor(facts: { code: string; kind: FailureKind; message: string; advice?: string; cause?: unknown }) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = facts.code;
    this.kind = facts.kind;
    this.advice = facts.advice ?? null;
  }
}

/** A system call that failed: the kernel's name for the error, the call and the path. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  /** The kernel's name, such as `ENOSPC`. */
  readonly code: string;
  readonly call: string;
  readonly path: string;

  constructor(code: string, call: string, path: string) {
    super(`${call} ${path}: ${code}`);
    this.code = code;
    this.call = call;
    this.path = path;
  }
}

/** Whether an attempt failed because the filesystem has no such thing. */
export function isUnsupported(error: unknown): boolean {
  return ['EOPNOTSUPP', 'ENOTSUP', 'ENOTTY', 'ENOSYS'].includes(errorCode(error) ?? '');
}

/** How the kernel says that a path is gone, or that something of another type is there by now. */
const goneCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'EINVAL', 'ESTALE']);

/** Whether an attempt failed because a path is not what it was when it was looked at before (case 8). */
export function isGone(error: unknown): boolean {
  return goneCodes.has(errorCode(error) ?? '');
}

/** The kernel's name of the error (`ENOENT` …) where the error carries one, else null. */
export function errorCode(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}
