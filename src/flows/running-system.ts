import { findRun } from '../apply/run-folder.ts';
import type { Plan } from '../domain/plan.ts';
import type { System } from '../system/system.ts';
import { textDigest } from './plan-migration.ts';

/** Whether this is an initramfs: dracut's mark is in one of these places, by its release and whether systemd is in it. */
export function isInitramfs({ exists }: System): boolean {
  return ['/etc/initrd-release', '/usr/lib/initrd-release'].some(exists);
}

/** The plan by which the running system was made, or null where none is kept. */
export function storedPlan(system: System): Plan | null {
  const root = system.openRoot('/');
  try {
    const found = findRun(root, textDigest(system));
    return found.state === 'committed' ? found.plan : null;
  } finally {
    root.close();
  }
}
