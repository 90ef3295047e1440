import type { Scenario } from '../scenario.ts';
import { scenario as noModule } from './no-module-ext4.ts';

const { trial } = noModule.entries;

export const scenario: Scenario = {
  ...noModule,
  name: 'no-module-ext4-control',
  promise: 'With root= naming the label that the new image has from the start, no-module-ext4 fails.',
  entries:
    trial === undefined ? {} : { trial: { ...trial, cmdline: trial.cmdline.replace('LABEL=V2 ', 'LABEL=V2-new ') } },
  mustFail: true,
};
