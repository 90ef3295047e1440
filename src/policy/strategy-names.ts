/** Strategies that `strategy=` may name; a new strategy adds its row here. */
export const strategyNames: readonly string[] = ['copy', 'merge', 'ask'];
