import type { ByteString } from '../domain/bytes.ts';
import { ancestorsOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

/** Makes or replaces a small file, with the directories above it: after a crash it holds the old content or the new. */
export function replaceFile(files: Files, path: RootPath, content: ByteString): void {
  for (const directory of ancestorsOf(path)) {
    if (files.status(directory) !== null) continue;
    files.makeDirectory(directory);
    files.sync(parentOf(directory));
  }
  const partial = `${path}.partial`;
  if (files.status(partial) !== null) files.unlink(partial);
  files.create(partial, content);
  files.sync(partial);
  files.rename(partial, path);
  files.sync(parentOf(path));
}

/** The content of a regular file; null where there is none. */
export function readIfThere(files: Files, path: RootPath): ByteString | null {
  return files.status(path)?.type === 'file' ? files.read(path) : null;
}
