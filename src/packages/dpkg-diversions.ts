import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { databaseFailure } from './database-failure.ts';

const diversionsFile = '/var/lib/dpkg/diversions';

/** A path that dpkg unpacks elsewhere for every package but `by`; `:` diverts it for all (dpkg-divert(1)). */
export type Diversion = { readonly to: RootPath; readonly by: ByteString };

/** Reads the diversions by the path that they divert; none where there is no such file. */
export function readDiversions(files: Files, resolve: (path: RootPath) => RootPath): Map<RootPath, Diversion> {
  const diversions = new Map<RootPath, Diversion>();
  if (files.status(diversionsFile) === null) return diversions;
  const lines = files.read(diversionsFile).split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (let index = 0; index < lines.length; index += 3) {
    const [from, to, by] = lines.slice(index, index + 3);
    if (!from?.startsWith('/') || !to?.startsWith('/') || by === undefined) {
      throw databaseFailure(files, diversionsFile, index + 1, 'a diversion is two paths and a package on three lines');
    }
    diversions.set(resolve(from), { to: resolve(to), by });
  }
  return diversions;
}
