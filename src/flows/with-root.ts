import { withDirectory } from '../files/with-directory.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** Opens a directory as a root, hands it on and closes it. Throws Failure `no-directory`. */
export function withRoot<Result>(system: System, path: string, use: (root: Files) => Result): Result {
  return withDirectory(system, system.directory(path), use);
}
