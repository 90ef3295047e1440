import type { Scenario } from '../scenario.ts';
import { scenario as noModule } from './no-module.ts';

export const scenario: Scenario = {
  ...noModule,
  name: 'no-module-control',
  promise: 'With the rename taken out, so that the name in root= exists before the commit, no-module fails.',
  diskChanges: 'btrfs --quiet subvolume snapshot disk/@images/trixie disk/@v2',
  mustFail: true,
};
