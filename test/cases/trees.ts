import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';

/** What can be said of a path besides its content; what is not said is as this machine makes it. */
export type Attributes = {
  readonly mode?: number;
  /** User and group. */
  readonly owner?: readonly [number, number];
  /** Seconds with nine digits of nanoseconds, as touch(1) takes them after `@`: `1700000000.123456789`. */
  readonly mtime?: string;
  /** Values in bytes (latin1), set by setfattr(1). */
  readonly xattrs?: Readonly<Record<string, string>>;
  /** As setfacl(1) takes them after `-m`: `u:1234:rw`, `d:u:1234:rwx`. */
  readonly acl?: string;
  /** As setcap(8) takes it: `cap_net_raw=ep`. */
  readonly capability?: string;
  /** As chattr(1) takes them: `+i`, `+C`. Set on the empty file, the locking ones last of all. */
  readonly flags?: string;
};

export type Node = { readonly attributes: Attributes } & (
  | { readonly type: 'file'; readonly content: string; readonly size: number | null }
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: string }
  | { readonly type: 'link'; readonly existing: string }
  | { readonly type: 'fifo' | 'socket' }
  | { readonly type: 'device'; readonly kind: 'b' | 'c'; readonly major: number; readonly minor: number }
);

/** What stands at which path; directories above are made with mode 0755. Paths are bytes (latin1). */
export type Tree = Readonly<Record<string, Node>>;

/** A regular file. `size` makes it longer than its content by a hole. */
export function file(content: string, attributes: Attributes & { readonly size?: number } = {}): Node {
  return { type: 'file', content, size: attributes.size ?? null, attributes };
}

export function directory(attributes: Attributes = {}): Node {
  return { type: 'directory', attributes };
}

export function symlink(target: string, attributes: Attributes = {}): Node {
  return { type: 'symlink', target, attributes };
}

/** Another name of a file of the same tree that stands before it. */
export function hardLink(existing: string): Node {
  return { type: 'link', existing, attributes: {} };
}

export function fifo(attributes: Attributes = {}): Node {
  return { type: 'fifo', attributes };
}

export function socket(): Node {
  return { type: 'socket', attributes: {} };
}

/** A device node; the character device 0:0 is an overlay whiteout. */
export function device(kind: 'b' | 'c', major: number, minor: number, attributes: Attributes = {}): Node {
  return { type: 'device', kind, major, minor, attributes };
}

/** The path of this machine at which a path of the root lies. */
export function hostPath(root: string, path: string): Buffer {
  return Buffer.from(path === '/' ? root : root + path, 'latin1');
}

/** Makes the tree below an existing directory; times of directories come last. */
export function makeTree(root: string, tree: Tree): void {
  for (const [path, node] of Object.entries(tree)) {
    makeParents(root, path);
    makeNode(root, path, node);
  }
  for (const [path, { attributes }] of Object.entries(tree).reverse()) finish(hostPath(root, path), attributes);
}

function makeParents(root: string, path: string): void {
  const parent = path.slice(0, path.lastIndexOf('/'));
  if (parent === '' || existsSync(hostPath(root, parent))) return;
  makeParents(root, parent);
  mkdirSync(hostPath(root, parent), { mode: 0o755 });
}

function makeNode(root: string, path: string, node: Node): void {
  const at = hostPath(root, path);
  switch (node.type) {
    case 'file':
      writeFileSync(at, '');
      if (node.attributes.flags !== undefined && !locks(node.attributes.flags))
        run('chattr', node.attributes.flags, at);
      writeFileSync(at, node.content, 'latin1');
      if (node.size !== null) truncateSync(at, node.size);
      break;
    case 'directory':
      if (!existsSync(at)) mkdirSync(at, { mode: 0o755 });
      if (node.attributes.flags !== undefined && !locks(node.attributes.flags))
        run('chattr', node.attributes.flags, at);
      break;
    case 'symlink':
      symlinkSync(Buffer.from(node.target, 'latin1'), at);
      break;
    case 'link':
      linkSync(hostPath(root, node.existing), at);
      return;
    case 'fifo':
      run('mkfifo', at);
      break;
    case 'socket':
      makeSocket(at);
      break;
    case 'device':
      run('mknod', at, node.kind, String(node.major), String(node.minor));
  }
  setAttributes(at, node);
}

function setAttributes(at: Buffer, { type, attributes }: Node): void {
  const { owner, mode, acl, xattrs, capability } = attributes;
  if (owner !== undefined) (type === 'symlink' ? lchownSync : chownSync)(at, ...owner);
  if (mode !== undefined) chmodSync(at, mode);
  if (acl !== undefined) run('setfacl', '-m', acl, at);
  for (const [name, value] of Object.entries(xattrs ?? {})) {
    run('setfattr', '-h', '-n', name, '-v', `0x${Buffer.from(value, 'latin1').toString('hex')}`, at);
  }
  if (capability !== undefined) run('setcap', capability, at);
}

function finish(at: Buffer, { mtime, flags }: Attributes): void {
  if (mtime !== undefined) run('touch', '-h', '-m', '-d', `@${mtime}`, at);
  if (flags !== undefined && locks(flags)) run('chattr', flags, at);
}

function locks(flags: string): boolean {
  return /[ia]/.test(flags);
}

/** Sockets are made by binding one; the name stays when the process has ended. */
function makeSocket(at: Buffer): void {
  const script = 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
  run('python3', '-c', script, at);
}

/** Runs a program of this machine with arguments that are bytes. */
export function run(program: string, ...values: readonly (string | Buffer)[]): string {
  // execve(2) takes bytes; Node hands on strings, so names that are not UTF-8 go by xargs(1).
  if (values.every((value) => typeof value === 'string' || isUtf8(value))) {
    return execFileSync(program, values.map(String), { encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'] });
  }
  const input = Buffer.concat(values.flatMap((value) => [Buffer.from(value), Buffer.from([0])]));
  return execFileSync('xargs', ['-0', program], { input, encoding: 'latin1' });
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes);
}

/** Names in a directory of this machine, as bytes, sorted. */
export function namesIn(at: Buffer): string[] {
  return readdirSync(at, { encoding: 'latin1' }).sort();
}
