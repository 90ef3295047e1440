import { displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { mountOf } from '../files/location.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** Throws Failure `wrong-filesystem` where the store lies on none of these kinds of filesystem. */
export function requireFilesystem(system: System, files: Files, kinds: readonly string[]): void {
  const { filesystem } = mountOf(system, files);
  if (kinds.includes(filesystem)) return;
  throw new Failure({
    code: 'wrong-filesystem',
    kind: 'input',
    message: `Cannot keep a store in ${displayBytes(files.root)}: its filesystem is ${filesystem}, not ${kinds.join(' or ')}`,
    advice: 'Name a directory of such a filesystem; df -T says what each is',
  });
}
