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
    list: (into, size) => libc.flistxattr(descriptor, into, size),
    get: (name, into, size) => libc.fgetxattr(descriptor, name, into, size),
  });
}

/** The same of what must not be opened: links, fifos, devices, sockets. */
export function xattrsOfPlace(at: Place): readonly Xattr[] {
  const { libc } = native();
  const file = procPath(at);
  return readXattrs(at.path, {
    list: (into, size) => libc.llistxattr(file, into, size),
    get: (name, into, size) => libc.lgetxattr(file, name, into, size),
  });
}

/** The names of all extended attributes, of a link itself too; a filesystem's own among them. */
export function xattrNames(at: Place): ByteString[] {
  const { libc } = native();
  const file = procPath(at);
  return namesIn(ask('listxattr', at.path, 512, (into, size) => libc.llistxattr(file, into, size)));
}

function namesIn(list: ByteString | null): ByteString[] {
  return list === null || list === '' ? [] : list.slice(0, -1).split('\0');
}

/** The value of one extended attribute, of a link itself too; null where there is none. */
export function readXattr(at: Place, name: ByteString): ByteString | null {
  const { libc } = native();
  const [file, cName] = [procPath(at), cString(name)];
  return ask(`getxattr(${name})`, at.path, 256, (into, size) => libc.lgetxattr(file, cName, into, size));
}

/** Sets an extended attribute, of a link itself too. */
export function setXattr(at: Place, name: ByteString, value: ByteString): void {
  const bytes = Buffer.from(value, 'latin1');
  const { libc } = native();
  checked(libc.lsetxattr(procPath(at), cString(name), bytes, bytes.length, 0), `setxattr(${name})`, at.path);
}

/** Sets an extended attribute of an open file. */
export function setXattrOfDescriptor(descriptor: number, { name, value }: Xattr, path: ByteString): void {
  const bytes = Buffer.from(value, 'latin1');
  const { libc } = native();
  checked(libc.fsetxattr(descriptor, cString(name), bytes, bytes.length, 0), `setxattr(${name})`, path);
}

/** Removes an extended attribute of an open file. */
export function removeXattrOfDescriptor(descriptor: number, name: ByteString, path: ByteString): void {
  checked(native().libc.fremovexattr(descriptor, cString(name)), `removexattr(${name})`, path);
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
  readonly list: (into: Buffer, size: number) => number;
  readonly get: (name: Buffer, into: Buffer, size: number) => number;
};

/** Used over and over; only as much of it as is asked for, since the kernel allocates as much for every call. */
const answer = Buffer.alloc(largest);

function readXattrs(path: ByteString, calls: Calls): readonly Xattr[] {
  const names = ask('listxattr', path, 512, calls.list);
  if (names === null || names === '') return none;
  const xattrs: Xattr[] = [];
  for (const name of namesIn(names).sort()) {
    if (internalNames.test(name)) continue;
    const cName = cString(name);
    const value = ask(`getxattr(${name})`, path, 256, (into, size) => calls.get(cName, into, size));
    // Null where it was removed since the names were read.
    if (value !== null) xattrs.push({ name, value });
  }
  return xattrs;
}

type Asked = (into: Buffer, size: number) => number;

/** What a call that fills a buffer says; null where there is nothing to say. */
function ask(call: string, path: ByteString, size: number, run: Asked): ByteString | null {
  const length = run(answer, size);
  if (length === 0) return '';
  if (length > 0) return answer.toString('latin1', 0, length);
  const code = native().errno();
  if (code === 'ENODATA' || (code === 'EOPNOTSUPP' && call === 'listxattr')) return null;
  // Asking for the size and then for the value would race; the largest size never does.
  if (code === 'ERANGE' && size < largest) return ask(call, path, largest, run);
  throw callError(code, call, path);
}
