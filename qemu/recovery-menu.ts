import { pick } from './loader/machines.ts';
import type { Step } from './scenario.ts';

/** GRUB's menu is there. */
export const menu: Step = { wait: /executed automatically/ };

/** For `diskChanges`: under emulation a second is not enough to type in. */
export const slowMenu = "sed -i 's/^set timeout_style=menu$/&\\nset timeout=5/' boot/migrate/grub.cfg";

/** Entries of the Recovery menu by their places in it. */
const entries = { config: 0, system: 1, total: 2, shell: 3 } as const;

/** Goes down past so many versions to Recovery, and picks there. */
export function repair(versions: number, entry: keyof typeof entries): readonly Step[] {
  return [menu, { type: pick(versions) + pick(entries[entry]) }];
}
