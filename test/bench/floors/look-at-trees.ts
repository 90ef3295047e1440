/**
 * The system calls that comparing two trees whole and finding the owners in a third cannot do without, and nothing else:
 * nothing is compared, decided or written. Run as `node look-at-trees.ts BASE OURS THEIRS`: every entry of each is asked
 * once for its status and its extended attributes, those of the first two for their inode flags and the targets of links
 * too, and what is in their /etc is read. By the binding that the program itself uses.
 */
import { openSync } from 'node:fs';
import { readNames } from '../../../src/system/native/directory.ts';
import { native } from '../../../src/system/native/libc.ts';
import { ioctlRequests, openFlags } from '../../../src/system/native/linux.ts';
import * as names from '../../../src/system/native/names.ts';
import { checked } from '../../../src/system/native/place.ts';
import { StatusReader } from '../../../src/system/native/status.ts';
import { xattrsOfPlace } from '../../../src/system/native/xattrs.ts';

const { libc } = native();
const statuses = new StatusReader();
const word = new Uint32Array(1);
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

/** How far something is looked at: its owners alone, all of the entry, or its content too. */
type Depth = 'owners' | 'entries' | 'contents';

/** Attributes and flags are told by nothing but an open file, and nothing is opened before its type is known. */
function look(directory: number, name: string, depth: Depth): void {
  const at = { directory, name, path: name };
  const status = statuses.read(directory, name, name);
  if (typeof status === 'string') throw new Error(`statx ${name}: ${status}`);
  const { type, size } = status;
  if (type === 'symlink' && depth !== 'owners') {
    xattrsOfPlace(at);
    names.readLink(at);
  }
  if (type !== 'file' && type !== 'directory') return;
  const opened = names.openForReading(at);
  checked(libc.flistxattr(opened, buffer, 512), 'flistxattr', name);
  if (depth !== 'owners') libc.ioctl(opened, ioctlRequests.getFlags, word);
  if (type === 'directory') for (const inner of readNames(opened, name)) look(opened, inner, depth);
  else if (depth === 'contents') read(opened, size);
  libc.close(opened);
}

function read(opened: number, size: number): void {
  for (let offset = 0; offset < size; offset += buffer.length) {
    checked(libc.pread(opened, buffer, Math.min(buffer.length, size - offset), offset), 'pread', '');
  }
}

/** The settings are in no place that a policy leaves to the image: so time and size do not stand for their content. */
function lookAtRoot(directory: string, depth: 'owners' | 'entries'): void {
  const root = openSync(directory, openFlags.root);
  for (const name of readNames(root, directory)) {
    look(root, name, name === 'etc' && depth === 'entries' ? 'contents' : depth);
  }
}

const [base = '', ours = '', theirs = ''] = process.argv.slice(2);
lookAtRoot(base, 'entries');
lookAtRoot(ours, 'entries');
lookAtRoot(theirs, 'owners');
