import type { Scenario } from '../scenario.ts';
import { startedByEfi } from '../store-machine.ts';
import { scenario as update } from './grub-update.ts';

export const scenario: Scenario = {
  ...update,
  name: 'uefi-update',
  promise: 'Where EFI starts GRUB, a new version is counted, comes to be good, and starts by itself from then on.',
  firmware: 'uefi',
  boots: update.boots.map((boot) => ({ ...boot, report: { ...boot.report, ...startedByEfi } })),
  fullOnly: true,
};
