import type { Scenario } from '../scenario.ts';
import { interruptedStore } from './store-interrupted.ts';
import { onLayers } from './store-overlay.ts';

export const scenario: Scenario = {
  ...interruptedStore(onLayers),
  name: 'store-overlay-interrupted',
  promise:
    'On layers: the power is cut while stage unpacks an image; the machine starts as before, and the image is staged again.',
  fullOnly: true,
};
