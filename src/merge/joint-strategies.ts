import { accounts } from './accounts/accounts.ts';
import { emptiedSettings } from './emptied-settings.ts';
import { fstab } from './fstab/fstab.ts';
import type { JointStrategy } from './joint-strategy.ts';
import { modules } from './modules/modules.ts';
import { renames } from './renames.ts';
import { replacedAtBoot } from './replaced-at-boot.ts';
import { units } from './units/units.ts';
import { updateStamps } from './update-stamps.ts';

/**
 * All strategies that decide several paths as one, in the order in which they do; a new one is a file and a row. Accounts
 * come first: the owners of the whole result go by what that strategy puts into its files.
 */
export const jointStrategies: readonly JointStrategy[] = [
  accounts,
  emptiedSettings,
  updateStamps,
  fstab,
  modules,
  units,
  renames,
  replacedAtBoot,
];
