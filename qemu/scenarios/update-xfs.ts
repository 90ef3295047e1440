import type { Scenario } from '../scenario.ts';
import { scenario as onExt4 } from './update-ext4.ts';

export const scenario: Scenario = {
  ...onExt4,
  name: 'update-xfs',
  promise: 'The same with the new image on xfs.',
  layout: 'xfs',
  fullOnly: true,
};
