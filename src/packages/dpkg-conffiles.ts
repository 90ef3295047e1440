import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';

/** A setting of a package, as dpkg's status file notes it. */
export type Conffile = {
  readonly path: RootPath;
  /** MD5 of what the package delivered; null where it was never unpacked (`newconffile`). */
  readonly md5: ByteString | null;
  /** No longer in the package's present version. */
  readonly obsolete: boolean;
  /** The next upgrade removes it. */
  readonly removeOnUpgrade: boolean;
};

/** The path may hold spaces; the digest and the flags after it do not. */
const entry = /^ (\/.*?) ([^ ]+?)( obsolete)?( remove-on-upgrade)?$/s;

/**
 * Reads one line of the field `Conffiles` of dpkg's status file: path, digest, flags. Null where it is not of that form.
 * In place of a digest there may be a word such as `newconffile`.
 */
export function parseConffile(line: ByteString): Conffile | null {
  const found = entry.exec(line);
  if (found === null) return null;
  const [, path = '', digest = '', obsolete, removeOnUpgrade] = found;
  return {
    path,
    md5: /^[0-9a-f]{32}$/.test(digest) ? digest : null,
    obsolete: obsolete !== undefined,
    removeOnUpgrade: removeOnUpgrade !== undefined,
  };
}
