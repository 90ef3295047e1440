import type { ByteString } from '../domain/bytes.ts';
import { parentOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

/** What a file is called while it is written; what has it was left by a crash. */
export const partialEnding = '.partial';

/** Makes or replaces a small file whole: after a crash it holds the old content or the new. Durable when it returns. */
export function writeDurably(files: Files, path: RootPath, content: ByteString): void {
  const partial = `${path}${partialEnding}`;
  if (files.status(partial) !== null) files.unlink(partial);
  files.create(partial, content);
  files.sync(partial);
  files.rename(partial, path);
  files.sync(parentOf(path));
}
