import type { JointStrategy } from './joint-strategy.ts';

/** All strategies that decide several paths as one, in the order in which they do; a new one is a file and a row. */
export const jointStrategies: readonly JointStrategy[] = [];
