import type { ByteString } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { LoaderState, OneShot, Trial } from '../loader.ts';
import type { Variables } from './environment-block.ts';

/**
 * What GRUB decides by. The generation is the last one: of a block that was cut off it is missing, or smaller than it was,
 * so that GRUB takes the other one.
 */
export const variableNames = {
  good: 'migrate_good',
  trial: 'migrate_trial',
  state: 'migrate_state',
  tries: 'migrate_tries',
  once: 'migrate_once',
  nonce: 'migrate_nonce',
  generation: 'migrate_generation',
} as const;

/** GRUB's script has no arithmetic: its menu counts by comparing with each digit. */
export const mostTries = 9;
/** GRUB compares numbers as `long`, which has 32 bits where a BIOS started it (grub-core/commands/test.c). */
const lastGeneration = 2 ** 31 - 3;

/** What may stand in a variable that goes into GRUB's script and on the kernel command line. */
const plainWord = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/** Whether a text may be an id, a mode or a nonce here. */
export function isPlainWord(text: string): boolean {
  return plainWord.test(text);
}

/** The variables of a state. Throws Failure `loader-not-written` where it cannot be said in them. */
export function variablesOf({ good, trial, once }: LoaderState, generation: number): Variables {
  const words = [good, trial?.version, once?.mode, once?.nonce].filter((word) => typeof word === 'string');
  const strange = words.find((word) => !isPlainWord(word));
  if (strange !== undefined) throw cannotSay(`"${strange}" is no plain word`);
  const tries = trial?.tries ?? 0;
  if (!Number.isInteger(tries) || tries < 0 || tries > mostTries) {
    throw cannotSay(`a trial has at most ${mostTries} tries, not ${tries}`);
  }
  if (generation > lastGeneration) throw cannotSay('its counter of writes is at its end');
  return new Map([
    // Where there is none yet, the menu's own default stays in force.
    ...(good === null ? [] : [[variableNames.good, good] as const]),
    [variableNames.trial, trial?.version ?? ''],
    [variableNames.state, stateWord(trial)],
    [variableNames.tries, trial === null ? '' : String(tries)],
    [variableNames.once, once?.mode ?? ''],
    [variableNames.nonce, once?.nonce ?? ''],
    [variableNames.generation, String(generation)],
  ]);
}

/** The generation of a block; null where it is none of ours. */
export function generationOf(variables: Variables): number | null {
  const text = variables.get(variableNames.generation) ?? '';
  return /^[1-9][0-9]{0,9}$/.test(text) && Number(text) <= lastGeneration ? Number(text) : null;
}

/** The state that the variables say, or null where they say none. */
export function stateOf(variables: Variables): LoaderState | null {
  const good = variables.get(variableNames.good) ?? '';
  const trial = trialOf(variables);
  if (trial === 'strange' || (good !== '' && !isPlainWord(good))) return null;
  return { good: good === '' ? null : good, trial, once: onceOf(variables) };
}

function stateWord(trial: Trial | null): ByteString {
  if (trial === null) return '';
  return trial.failed ? 'failed' : 'try';
}

function trialOf(variables: Variables): Trial | null | 'strange' {
  const version = variables.get(variableNames.trial) ?? '';
  const state = variables.get(variableNames.state) ?? '';
  const tries = variables.get(variableNames.tries) ?? '';
  if (version === '' && state === '') return null;
  if (!isPlainWord(version) || !/^[0-9]$/.test(tries) || (state !== 'try' && state !== 'failed')) return 'strange';
  return { version, tries: Number(tries), failed: state === 'failed' };
}

function onceOf(variables: Variables): OneShot | null {
  const mode = variables.get(variableNames.once) ?? '';
  // The nonce of a request that GRUB has cleared stays: it says nothing alone.
  return mode === '' ? null : { mode, nonce: variables.get(variableNames.nonce) ?? '' };
}

function cannotSay(why: string): Failure {
  return new Failure({
    code: 'loader-not-written',
    kind: 'failed',
    message: `Cannot write GRUB's environment: ${why}`,
  });
}
