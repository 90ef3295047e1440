import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import type { RootPath } from '../../domain/path.ts';
import { refused } from '../image-failure.ts';

/**
 * The path in the image of a name in an archive: `./etc/x`, `etc/x/` and `etc//x` are `/etc/x`, `.` is the root. Throws
 * Failure `image-unsafe` for what would lead out: an absolute name, or one with `..`.
 */
export function pathOfName(name: ByteString): RootPath {
  if (name === '') throw refused('image-damaged', 'an entry has no name');
  if (name[0] === '/') throw refused('image-unsafe', `an entry has the absolute name ${displayBytes(name)}`);
  if (name.includes('\0')) throw refused('image-damaged', `an entry's name holds NUL: ${displayBytes(name)}`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw refused('image-unsafe', `an entry's name leads out of the image: ${displayBytes(name)}`);
  return `/${parts.join('/')}`;
}
