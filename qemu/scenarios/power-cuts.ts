import type { PowerCuts } from '../power-cuts/play-power-cuts.ts';

export const scenario: PowerCuts = {
  name: 'power-cuts',
  promise:
    'Wherever the power is cut between stage and good, and whatever the disk had not made durable is lost, the machine comes up by itself in the old or the new version, whole.',
  cases: [65, 110],
  cuts: 5,
  atOnce: 2,
};
