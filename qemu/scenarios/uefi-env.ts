import type { Scenario } from '../scenario.ts';
import { startedByEfi } from '../store-machine.ts';
import { scenario as env } from './grub-env.ts';

export const scenario: Scenario = {
  ...env,
  name: 'uefi-env',
  promise:
    'Where EFI starts GRUB, a machine that loses either environment, or both, runs the version it should, says so, and sets them up again.',
  firmware: 'uefi',
  boots: env.boots.map((boot) => ({ ...boot, report: { ...boot.report, ...startedByEfi } })),
};
