import { type ByteString, textOrBytes } from '../../domain/bytes.ts';
import { type Check, type CheckResult, type Health, healthOf } from '../../domain/health.ts';
import type { LimitedRun } from '../../system/run-limited.ts';
import type { System } from '../../system/system.ts';
import type { FoundChecks } from './find-checks.ts';

export type CheckSettings = {
  /** How long one check may take. */
  readonly limitSeconds: number;
  /** After how long the required checks run once more; 0 for not at all. */
  readonly soakSeconds: number;
};

export const usualLimitSeconds = 60;

/** How much of what a check prints is kept: the end of it. */
const keptBytes: number = 64 * 1024;

const outcomes: Readonly<Record<Exclude<LimitedRun['ended'], 'exited'>, CheckResult['outcome']>> = {
  killed: 'failed',
  limit: 'timed-out',
  'not-started': 'not-started',
};

/**
 * Runs the checks, one after the other, whatever became of those before; and where no required one failed, the required ones
 * once more after the soak time. `onResult` hears of each. Throws the signal's reason.
 */
export async function runChecks(
  system: System,
  { checks, skipped }: FoundChecks,
  settings: CheckSettings,
  { signal, onResult }: { readonly signal: AbortSignal; readonly onResult: (result: CheckResult) => void },
): Promise<Health> {
  const results: CheckResult[] = [];
  const runAll = async (some: readonly Check[], afterSoak: boolean): Promise<void> => {
    for (const check of some) {
      const result = await runCheck(system, check, { ...settings, afterSoak, signal });
      results.push(result);
      onResult(result);
    }
  };
  await runAll(checks, false);
  if (settings.soakSeconds > 0 && healthOf(results, skipped).healthy) {
    await system.pause(settings.soakSeconds, signal);
    await runAll(
      checks.filter(({ kind }) => kind === 'required'),
      true,
    );
  }
  return healthOf(results, skipped);
}

async function runCheck(
  system: System,
  check: Check,
  { limitSeconds, afterSoak, signal }: CheckSettings & { readonly afterSoak: boolean; readonly signal: AbortSignal },
): Promise<CheckResult> {
  const program = textOrBytes(check.path);
  const run = await system.runLimited(program, [], { limitSeconds, keptBytes, signal });
  const { ended, how, status, seconds, droppedBytes } = run;
  const outcome = ended === 'exited' ? exited(status) : outcomes[ended];
  return { ...check, outcome, how, status, seconds, droppedBytes, afterSoak, output: wholeLines(run) };
}

function exited(status: number | null): CheckResult['outcome'] {
  return status === 0 ? 'passed' : 'failed';
}

/** Where the beginning is gone, so is the rest of the line that it ended in. */
function wholeLines({ output, droppedBytes }: LimitedRun): ByteString {
  return droppedBytes === 0 ? output : output.slice(output.indexOf('\n') + 1);
}
