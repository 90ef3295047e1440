import type { ByteString } from '../domain/bytes.ts';
import { refused } from './image-failure.ts';

/** The number of an account of the image, or null where it has none of that name. */
export type AccountNumber = (kind: 'user' | 'group', name: ByteString) => number | null;

/** linux/posix_acl.h: tags, in the order in which the kernel wants them. */
const tags = { owner: 0x01, user: 0x02, owningGroup: 0x04, group: 0x08, mask: 0x10, other: 0x20 } as const;

/** What stands for the id of an entry that has none. */
const noId = 0xffffffff;

type AclEntry = { readonly tag: number; readonly permissions: number; readonly id: number };

/**
 * The binary form (linux/posix_acl_xattr.h) of an access list as archives hold it (acl(5), "long text form" or, with
 * commas and a number behind the permissions, that of star). Throws Failure `image-damaged` where it is malformed or names
 * an account that the image does not have.
 */
export function encodeAcl(text: ByteString, numberOf: AccountNumber): ByteString {
  const lines = text.split(/[,\n]/).map((line) => line.replace(/#.*/, '').trimEnd());
  const entries = lines.filter((line) => line !== '').map((line) => parseEntry(line, numberOf));
  entries.sort((a, b) => a.tag - b.tag || a.id - b.id);
  return littleEndian(2, 4) + entries.map(encodeEntry).join('');
}

function encodeEntry({ tag, permissions, id }: AclEntry): ByteString {
  return littleEndian(tag, 2) + littleEndian(permissions, 2) + littleEndian(id, 4);
}

function parseEntry(line: ByteString, numberOf: AccountNumber): AclEntry {
  const [kind = '', name = '', permissions = '', number = ''] = line.trimStart().split(':');
  if (!/^[r-][w-][xX-]$/.test(permissions)) throw malformed(line);
  const bits = [...permissions].reduce((all, letter) => all * 2 + (letter === '-' ? 0 : 1), 0);
  const withBits = (tag: number, id: number): AclEntry => ({ tag, permissions: bits, id });
  if (kind === 'user') return name === '' ? withBits(tags.owner, noId) : withBits(tags.user, idOf('user'));
  if (kind === 'group') return name === '' ? withBits(tags.owningGroup, noId) : withBits(tags.group, idOf('group'));
  if (kind === 'mask') return withBits(tags.mask, noId);
  if (kind === 'other') return withBits(tags.other, noId);
  throw malformed(line);

  function idOf(account: 'user' | 'group'): number {
    for (const digits of [number, name]) if (/^[0-9]{1,10}$/.test(digits)) return Number(digits);
    const found = numberOf(account, name);
    if (found !== null) return found;
    throw refused('image-damaged', `an access list names the ${account} ${name}, which the image does not have`, {
      advice: 'Archive it with numbers: tar --xattrs --xattrs-include="*", or bsdtar',
    });
  }
}

function malformed(line: ByteString): Error {
  return refused('image-damaged', `an access list is malformed: ${line}`);
}

function littleEndian(value: number, size: number): ByteString {
  let bytes = '';
  for (let shift = 0; shift < size * 8; shift += 8) bytes += String.fromCharCode((value >>> shift) & 0xff);
  return bytes;
}
