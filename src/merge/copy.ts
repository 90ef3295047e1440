import type { Strategy } from './strategy.ts';

/** Ours, whole: for files that are not made of lines that mean something by themselves. */
export const copy: Strategy = { name: 'copy', needsContents: false, decide: () => ({ kind: 'ours' }) };
