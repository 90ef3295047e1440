import type { Scenario } from '../scenario.ts';
import { fullStore } from './store-full.ts';
import { onLayers } from './store-overlay.ts';

export const scenario: Scenario = {
  ...fullStore(onLayers),
  name: 'store-overlay-full',
  promise:
    'On layers, whose store lies on the root itself: the disk is full while stage unpacks, and then while the boot migrates, and the machine starts as before.',
};
