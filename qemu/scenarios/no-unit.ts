import { btrfsTrial } from '../entries.ts';
import type { Scenario } from '../scenario.ts';
import { scenario as noModule } from './no-module.ts';

export const scenario: Scenario = {
  ...noModule,
  name: 'no-unit',
  promise: 'A trial entry that skips the unit ends at the previous version, not in the pristine image.',
  entries: {
    ...noModule.entries,
    trial: { ...btrfsTrial, cmdline: `${btrfsTrial.cmdline} rd.systemd.mask=migrate.service` },
  },
  fullOnly: true,
};
