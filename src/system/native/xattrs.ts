import type { ByteString } from '../../domain/bytes.ts';
import { aclAccess, aclDefault, type Xattr } from '../../domain/entry.ts';
import { native } from './libc.ts';
import { callError, checked, cString, type Place, procPath } from './place.ts';

/** linux/limits.h: XATTR_LIST_MAX and XATTR_SIZE_MAX; neither a list of names nor a value is ever longer. */
const largest = 65536;

/**
 * A filesystem's own records, meaningless elsewhere: what overlayfs notes in its layers, and the form in which xfs
 * stores access lists, shown to root beside the lists themselves.
 */
const internalNames = /^trusted\.(?:overlay\.|SGI_ACL_FILE$|SGI_ACL_DEFAULT$)/;

const none: readonly Xattr[] = [];

/** All extended attributes of an open file or directory, sorted by name. */
export function xattrsOfDescriptor(descriptor: number, path: ByteString): readonly Xattr[] {
  const { libc } = native();
  return readXattrs(path, {
    list: (into) => libc.flistxattr(descriptor, into, into.length),
    get: (name, into) => libc.fgetxattr(descriptor, name, into, into.length),
  });
}

/** The same of what must not be opened: links, fifos, devices, sockets. */
export function xattrsOfPlace(at: Place): readonly Xattr[] {
  const { libc } = native();
  const file = procPath(at);
  return readXattrs(at.path, {
    list: (into) => libc.llistxattr(file, into, into.length),
    get: (name, into) => libc.lgetxattr(file, name, into, into.length),
  });
}

/** Sets an extended attribute, of a link itself too. */
export function setXattr(at: Place, name: ByteString, value: ByteString): void {
  const bytes = Buffer.from(value, 'latin1');
  const { libc } = native();
  checked(libc.lsetxattr(procPath(at), cString(name), bytes, bytes.length, 0), `setxattr(${name})`, at.path);
}

/** Removes an extended attribute, of a link itself too. */
export function removeXattr(at: Place, name: ByteString): void {
  checked(native().libc.lremovexattr(procPath(at), cString(name)), `removexattr(${name})`, at.path);
}

/** Takes away the access list that a new file inherits from its directory's default list. */
export function dropInheritedAcl(descriptor: number, path: ByteString): void {
  dropped(native().libc.fremovexattr(descriptor, cString(aclAccess)), path);
}

/** The same for a directory, which inherits both lists, or a node. */
export function dropInheritedAcls(at: Place): void {
  for (const name of [aclAccess, aclDefault]) {
    dropped(native().libc.lremovexattr(procPath(at), cString(name)), at.path);
  }
}

function dropped(result: number, path: ByteString): void {
  if (result >= 0) return;
  const code = native().errno();
  // ENODATA: there was none. EOPNOTSUPP: the filesystem knows no access lists. EACCES: what is no directory has no
  // default list.
  if (code === 'ENODATA' || code === 'EOPNOTSUPP' || code === 'EACCES') return;
  throw callError(code, 'removexattr', path);
}

type Calls = {
  readonly list: (into: Buffer) => number;
  readonly get: (name: Buffer, into: Buffer) => number;
};

function readXattrs(path: ByteString, calls: Calls): readonly Xattr[] {
  const names = fill('listxattr', path, 512, calls.list);
  if (names === null || names === '') return none;
  const xattrs: Xattr[] = [];
  for (const name of names.slice(0, -1).split('\0').sort()) {
    if (internalNames.test(name)) continue;
    const cName = cString(name);
    const value = fill(`getxattr(${name})`, path, 256, (into) => calls.get(cName, into));
    // Null where it was removed since the names were read.
    if (value !== null) xattrs.push({ name, value });
  }
  return xattrs;
}

/** What a call that fills a buffer says; null where there is nothing to say. */
function fill(call: string, path: ByteString, guess: number, run: (into: Buffer) => number): ByteString | null {
  const first = Buffer.allocUnsafe(guess);
  const length = run(first);
  if (length >= 0) return first.toString('latin1', 0, length);
  const code = native().errno();
  if (code === 'ENODATA' || (code === 'EOPNOTSUPP' && call === 'listxattr')) return null;
  // Asking for the size and then for the value would race; the largest size never does.
  if (code === 'ERANGE' && guess < largest) return fill(call, path, largest, run);
  throw callError(code, call, path);
}
