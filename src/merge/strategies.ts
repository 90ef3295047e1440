import { ask } from './ask.ts';
import { copy } from './copy.ts';
import { mergeLines } from './merge-lines.ts';
import type { Strategy } from './strategy.ts';

/** All strategies that a policy can name; a new one is a file and a row. */
export const strategies: readonly Strategy[] = [copy, mergeLines, ask];

/** The strategy of files that no rule gives one. */
export const defaultStrategy: Strategy = mergeLines;

/** The strategy of that name, or null. */
export function strategyNamed(name: string): Strategy | null {
  return strategies.find((strategy) => strategy.name === name) ?? null;
}
