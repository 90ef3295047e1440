import { afterwards } from '../domain/afterwards.ts';
import type { ByteString } from '../domain/bytes.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** Opens a directory as a root, hands it on and closes it, also where `use` fails; a promise is waited for. */
export function withDirectory<Result>(
  { openRoot }: Pick<System, 'openRoot'>,
  directory: ByteString,
  use: (files: Files) => Result,
): Result {
  const files = openRoot(directory);
  return afterwards(
    () => use(files),
    () => files.close(),
  );
}
