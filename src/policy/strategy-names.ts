import { formatStrategyNames } from './format-strategies.ts';

/** Strategies that `strategy=` may name on every path; a new strategy adds its row here. */
const generalStrategyNames: readonly string[] = ['copy', 'merge', 'ask'];

/** All strategies that `strategy=` may name. */
export const strategyNames: readonly string[] = [...generalStrategyNames, ...formatStrategyNames];
