import type { Scenario } from '../scenario.ts';
import { startedByEfi } from '../store-machine.ts';
import { scenario as fails } from './grub-fails.ts';

export const scenario: Scenario = {
  ...fails,
  name: 'uefi-fails',
  promise: 'Where EFI starts GRUB, a migration that fails ends at the previous version, which disarms it.',
  firmware: 'uefi',
  boots: fails.boots.map((boot) => ({ ...boot, report: { ...boot.report, ...startedByEfi } })),
};
