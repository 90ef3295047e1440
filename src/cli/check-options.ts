import { Failure } from '../domain/failure.ts';
import { type CheckSettings, usualLimitSeconds } from '../flows/health/run-checks.ts';

/** How checks are run, as yargs takes it. Without defaults, so that it shows where one is given. */
export const checkOptions = {
  limit: {
    type: 'string',
    requiresArg: true,
    describe: `how many seconds one check may take; else ${usualLimitSeconds}`,
  },
  soak: {
    type: 'string',
    requiresArg: true,
    describe: 'after how many seconds the required checks run once more; else not at all',
  },
} as const;

export type CheckArguments = { readonly limit?: string | undefined; readonly soak?: string | undefined };

/** How checks are run. Throws Failure `usage`. */
export function checkSettingsOf({ limit, soak }: CheckArguments): CheckSettings {
  return {
    limitSeconds: secondsOf('limit', limit ?? String(usualLimitSeconds), 1),
    soakSeconds: secondsOf('soak', soak ?? '0', 0),
  };
}

/** A number for yargs would make 0 of nothing. Given twice it is a list. */
function secondsOf(name: string, value: unknown, least: number): number {
  const seconds = typeof value === 'string' && /^[0-9]{1,5}$/.test(value) ? Number(value) : null;
  if (seconds !== null && seconds >= least) return seconds;
  throw new Failure({
    code: 'usage',
    kind: 'input',
    message: `Cannot tell how long is meant: --${name} takes one whole number of seconds, from ${least} to 99999`,
    advice: 'See migrate check --help',
  });
}
