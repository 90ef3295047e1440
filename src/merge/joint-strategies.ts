import { emptiedSettings } from './emptied-settings.ts';
import type { JointStrategy } from './joint-strategy.ts';
import { updateStamps } from './update-stamps.ts';

/** All strategies that decide several paths as one, in the order in which they do; a new one is a file and a row. */
export const jointStrategies: readonly JointStrategy[] = [emptiedSettings, updateStamps];
