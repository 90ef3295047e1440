import type { ByteString } from '../../domain/bytes.ts';
import { aclAccess, aclDefault, selinuxLabel, type Xattr } from '../../domain/entry.ts';
import type { AclText } from '../image-entry.ts';
import { refused } from '../image-failure.ts';
import type { PaxKeywords } from './pax-records.ts';

const schily = 'SCHILY.xattr.';
const libarchive = 'LIBARCHIVE.xattr.';

/**
 * Extended attributes and access lists in keywords: GNU tar and star write values as they are (`SCHILY.xattr.NAME`, with
 * `%` and `=` in the name as `%25` and `%3D`), libarchive in base64 beside them (`LIBARCHIVE.xattr.NAME`, tar(5)).
 */
export function attributesOf(pax: PaxKeywords): {
  readonly xattrs: readonly Xattr[];
  readonly acls: readonly AclText[];
} {
  const values = new Map<ByteString, ByteString>();
  const acls: AclText[] = [];
  for (const [key, value] of pax.entries()) {
    if (key.startsWith(schily)) values.set(decodeName(key.slice(schily.length)), value);
    else if (key.startsWith(libarchive)) values.set(decodeName(key.slice(libarchive.length)), decodeBase64(value));
    else if (key === 'RHT.security.selinux') values.set(selinuxLabel, value.endsWith('\0') ? value : `${value}\0`);
    else if (key === 'SCHILY.acl.access') acls.push({ xattr: aclAccess, text: value });
    else if (key === 'SCHILY.acl.default') acls.push({ xattr: aclDefault, text: value });
  }
  const xattrs = [...values].map(([name, value]) => ({ name, value }));
  return { xattrs, acls: acls.filter(({ xattr }) => !values.has(xattr)) };
}

function decodeName(name: ByteString): ByteString {
  return name.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function decodeBase64(value: ByteString): ByteString {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) throw refused('image-damaged', 'an extended attribute is no base64');
  return atob(value);
}
