import type { ByteString } from '../domain/bytes.ts';
import { ancestorsOf, parentOf, type RootPath } from '../domain/path.ts';
import { writeDurably } from '../files/write-durably.ts';
import type { Files } from '../system/files.ts';

/** Makes or replaces a small file, with the directories above it: after a crash it holds the old content or the new. */
export function replaceFile(files: Files, path: RootPath, content: ByteString): void {
  for (const directory of ancestorsOf(path)) {
    if (files.status(directory) !== null) continue;
    files.makeDirectory(directory);
    files.sync(parentOf(directory));
  }
  writeDurably(files, path, content);
}

/** The content of a regular file; null where there is none. */
export function readIfThere(files: Files, path: RootPath): ByteString | null {
  return files.status(path)?.type === 'file' ? files.read(path) : null;
}
