import type { Scenario } from '../scenario.ts';
import { layeredMachine } from './store-overlay.ts';

const machine = layeredMachine('xfs');

export const scenario: Scenario = {
  ...machine,
  name: 'store-overlay-xfs',
  promise: 'On xfs too, versions that are layers are made, booted, and updated.',
  cases: [108],
  boots: machine.boots.slice(0, 2),
  fullOnly: true,
};
