import { type ByteString, displayBytes } from './bytes.ts';

/** A required check that fails keeps a version from being good; a wanted one is named only. */
export type CheckKind = 'required' | 'wanted';

/** A program that says by its exit status whether something on this machine is as it should be. */
export type Check = {
  readonly kind: CheckKind;
  readonly name: ByteString;
  /** Where it lies on this machine. */
  readonly path: ByteString;
};

/** What stands where checks do, and is not run. */
export type SkippedCheck = { readonly path: ByteString; readonly why: string };

export type CheckResult = Check & {
  readonly outcome: 'passed' | 'failed' | 'timed-out' | 'not-started';
  /** In words: `it ended with 3`. */
  readonly how: string;
  /** Its exit status; null where it did not end by itself. */
  readonly status: number | null;
  readonly seconds: number;
  /** The end of what it printed, and how many bytes came before that. */
  readonly output: ByteString;
  readonly droppedBytes: number;
  /** Whether this is its second run, after the time that the machine had to show what does not last. */
  readonly afterSoak: boolean;
};

export type Health = {
  /** Whether all required checks passed, and those after the soak time too. */
  readonly healthy: boolean;
  /** In the order in which they ran. */
  readonly results: readonly CheckResult[];
  readonly skipped: readonly SkippedCheck[];
};

/** What the results come to. */
export function healthOf(results: readonly CheckResult[], skipped: readonly SkippedCheck[]): Health {
  return { healthy: failedRequired(results).length === 0, results, skipped };
}

/** Why a version is not healthy: its required checks that failed, one sentence each, with the last line that each printed. */
export function whatFailed({ results }: Pick<Health, 'results'>): readonly string[] {
  return failedRequired(results).map(({ name, how, output, afterSoak }) => {
    const said = output.split('\n').findLast((line) => line.trim() !== '');
    const when = afterSoak ? ' after the soak time' : '';
    return `the check ${displayBytes(name)} failed${when}: ${how}${said === undefined ? '' : `: ${displayBytes(said.trim())}`}`;
  });
}

function failedRequired(results: readonly CheckResult[]): readonly CheckResult[] {
  return results.filter(({ kind, outcome }) => kind === 'required' && outcome !== 'passed');
}

/** Checks as a document: `migrate.health/1`. */
export function healthDocument({ healthy, results, skipped }: Health): object {
  return {
    schema: 'migrate.health/1',
    healthy,
    checks: results.map(({ name, path, output, seconds, ...known }) => ({
      name: displayBytes(name),
      path: displayBytes(path),
      ...known,
      seconds: Math.round(seconds * 1000) / 1000,
      output: displayLines(output),
    })),
    skipped: skipped.map(({ path, why }) => ({ path: displayBytes(path), why })),
  };
}

function displayLines(bytes: ByteString): string {
  return bytes.split('\n').map(displayBytes).join('\n');
}
