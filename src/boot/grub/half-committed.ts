import type { Files } from '../../system/files.ts';
import type { LoaderState } from '../loader.ts';
import { goodIn, menuName } from './menu.ts';

/**
 * Whether a commit was cut off between the menu, which is written first, and the environments: what these still have on trial is
 * the good version of the menu, as which GRUB starts it.
 */
export function isHalfCommitted(files: Files, { trial }: LoaderState): boolean {
  const path = `/${menuName}` as const;
  if (trial === null || files.status(path)?.type !== 'file') return false;
  return goodIn(files.read(path)) === trial.version;
}
