import type { Report } from './question.ts';
import type { Boot, Expectations } from './scenario.ts';

/** How a boot went: how it ended, what the console showed, what the system reported. */
export type BootResult = {
  /** False where a step waited in vain; the text says for what. */
  readonly missedStep: string | null;
  readonly offInTime: boolean;
  readonly console: string;
  readonly report: Report;
};

/** What is wrong with a boot, one text each; empty where all is as the scenario says. */
export function bootFailures(boot: Boot, result: BootResult): readonly string[] {
  const failures: string[] = [];
  if (result.missedStep !== null) failures.push(result.missedStep);
  if (!result.offInTime) failures.push('the machine was still on at the time limit');
  if (boot.ends === 'report' && result.report === null) failures.push('no report came');
  if (boot.ends !== 'report' && result.report !== null) failures.push('the system came up, which it must not');
  failures.push(...kernelFailures(boot.kernels ?? null, result.console), ...consoleFailures(boot, result.console));
  if (result.report !== null) failures.push(...reportFailures(boot.report ?? {}, result.report));
  return failures;
}

/** Compares outputs of commands with what they must be. `outputs` has an entry for every command. */
export function reportFailures(
  expectations: Expectations,
  outputs: ReadonlyMap<string, { readonly output: string }>,
): readonly string[] {
  return Object.entries(expectations).flatMap(([command, expected]) => {
    const output = outputs.get(command)?.output.trim();
    if (output === undefined) return [`${command}\n    was not answered`];
    const fits = typeof expected === 'string' ? output === expected : expected.test(output);
    return fits ? [] : [`${command}\n    must be ${shown(expected)}\n    but is  ${shown(output)}`];
  });
}

function kernelFailures(expected: readonly RegExp[] | null, console: string): readonly string[] {
  if (expected === null) return [];
  const started = [...console.matchAll(/Linux version (\S+)/g)].map((match) => match[1] ?? '');
  const fits =
    started.length === expected.length && expected.every((pattern, index) => pattern.test(started[index] ?? ''));
  return fits ? [] : [`kernels started\n    must be ${expected.join(', ')}\n    but are ${started.join(', ')}`];
}

function consoleFailures(boot: Boot, console: string): readonly string[] {
  const missing = (boot.console?.shows ?? []).filter((pattern) => !pattern.test(console));
  const unwanted = (boot.console?.lacks ?? []).filter((pattern) => pattern.test(console));
  return [
    ...missing.map((pattern) => `the console does not show ${pattern}`),
    ...unwanted.map((pattern) => `the console shows ${pattern}, which it must not`),
  ];
}

function shown(text: string | RegExp): string {
  if (text instanceof RegExp) return String(text);
  return text.includes('\n') ? `\n      ${text.replaceAll('\n', '\n      ')}` : JSON.stringify(text);
}
