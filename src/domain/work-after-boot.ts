import type { Item } from './item.ts';
import type { RootPath } from './path.ts';
import type { Plan } from './plan.ts';

/** The item on the copies in an initramfs that are stale. */
export const staleInitramfs = { kind: 'stale-initramfs', subject: '/' } as const;
/** Its resolution by which the initramfs is made anew after the boot. */
export const regenerateAfterBoot = 'regenerate';

/** The kind of items on kernel modules that do not fit, and the resolution by which dkms builds one after the boot. */
export const unfitModule = 'module';
export const buildAfterBoot = 'dkms';

/** What the new version has to do for itself when it has booted. */
export type WorkAfterBoot = {
  /** Paths of which its initramfs holds stale copies. */
  readonly staleCopies: readonly RootPath[];
  /** Files of kernel modules that dkms has to build. */
  readonly modulesToBuild: readonly RootPath[];
};

/** The work that a plan leaves to the booted system, by what its items were answered. */
export function workAfterBoot({ items }: Pick<Plan, 'items'>): WorkAfterBoot {
  const stale = items.filter((item) => isAnswered(item, staleInitramfs.kind, regenerateAfterBoot));
  const modules = items.filter((item) => isAnswered(item, unfitModule, buildAfterBoot));
  return {
    staleCopies: stale.flatMap(({ paths }) => paths),
    modulesToBuild: modules.flatMap(({ paths }) => paths),
  };
}

function isAnswered({ key, settled }: Item, kind: string, resolution: string): boolean {
  return key.startsWith(`${kind}:`) && settled?.resolution === resolution;
}
