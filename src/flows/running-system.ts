import { findRun } from '../apply/run-folder.ts';
import type { Plan } from '../domain/plan.ts';
import type { System } from '../system/system.ts';
import { textDigest } from './plan-migration.ts';

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
