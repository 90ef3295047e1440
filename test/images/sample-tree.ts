import { aclAccess, aclDefault, fileCapability } from '../../src/domain/entry.ts';
import type { NodeType, TreeNode } from '../property/tree-node.ts';

/** A time with nanoseconds; long before 1970 for one. */
const time = 1_700_000_000_123_456_789n;

/** acl(5) in the form of linux/posix_acl_xattr.h: owner, the users daemon (1) and 4242, the group games (60), mask, others. */
const accessList =
  '\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x02\0\x04\0\x01\0\0\0\x02\0\x06\0\x92\x10\0\0\x04\0\x04\0\xff\xff\xff\xff' +
  '\x08\0\x01\0\x3c\0\0\0\x10\0\x07\0\xff\xff\xff\xff\x20\0\x04\0\xff\xff\xff\xff';

/** struct vfs_cap_data of linux/capability.h: cap_net_raw, permitted and effective. */
const capability = '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0';

const osRelease = 'PRETTY_NAME="Sample 4.2"\nID=sample\nVERSION_ID="4.2"\nIMAGE_ID=sample-server\nIMAGE_VERSION=17\n';

/** A small system with one of everything that an image may hold. */
export function sampleTree(): TreeNode {
  const root = directory({
    boot: directory({ 'vmlinuz-6.1.0-9': file('kernel'), 'initrd.img-6.1.0-9': file('initramfs') }),
    dev: directory({ null: node('character', '1:3'), disk: node('block', '259:70000'), pipe: node('fifo', '') }),
    etc: directory({
      passwd: file('root:x:0:0::/:/bin/sh\ndaemon:x:1:1::/:/bin/sh\n'),
      group: file('root:x:0:\ngames:x:60:\n'),
      'os-release': node('symlink', '../usr/lib/os-release'),
      acl: { ...file('listed'), mode: 0o674, xattrs: new Map([[aclAccess, accessList]]) },
      defaults: { ...directory({ child: file('') }), xattrs: new Map([[aclDefault, accessList]]) },
      private: { ...directory({ secret: { ...file('secret'), mode: 0o600 } }), mode: 0o700 },
    }),
    usr: directory({
      lib: directory({ 'os-release': file(osRelease), modules: directory({ '6.1.0-9': directory({}) }) }),
      bin: directory({
        sudo: { ...file('setuid'), mode: 0o4755 },
        wall: { ...file('setgid'), mode: 0o2755, gid: 5 },
        ping: { ...file('capable'), mode: 0o755, xattrs: new Map([[fileCapability, capability]]) },
      }),
    }),
    var: directory({
      tmp: { ...directory({}), mode: 0o1777 },
      sparse: { ...file(holed(3 * 2 ** 20)), sparse: true },
      'all-hole': { ...file('\0'.repeat(2 ** 20)), sparse: true },
      // More pieces than the header of an old sparse file has room for.
      'many-holes': {
        ...file(Array.from({ length: 40 }, (_, i) => holed(2 ** 17, `piece ${i}`)).join('')),
        sparse: true,
      },
      binary: {
        ...file('\0\xff\xfe\r\n'),
        xattrs: new Map([
          ['user.binary', '\0\xff=\n%\xfe'],
          ['trusted.x', 'nul\0'],
        ]),
      },
      'user.of.many': { ...file('x'), uid: 3_000_000_000, gid: 2_097_153 },
      old: { ...file('old'), mtime: -1_500_000_000n },
      'bad\xff\xfe name\n': file('bytes'),
      [`${'n'.repeat(150)}\xe9`]: directory({ ['m'.repeat(200)]: node('symlink', `${'t'.repeat(180)}\xff`) }),
      dangling: node('symlink', '/nowhere/\xff'),
      large: file('0123456789abcdef'.repeat(200_000)),
    }),
  });
  const linked = file('one file');
  root.children.get('etc')?.children.set('link-1', linked);
  root.children.get('usr')?.children.set('link-2', linked);
  return { ...root, mode: 0o751, xattrs: new Map([['user.root', 'of the root']]) };
}

/** Text, a hole, text. */
function holed(size: number, text = 'data'): string {
  return `${text.padEnd(4096, '.')}${'\0'.repeat(size - 8192)}${text.padEnd(4096, ',')}`;
}

export function file(content: string): TreeNode {
  return { ...node('file', content), mode: 0o644 };
}

export function directory(children: Readonly<Record<string, TreeNode>>): TreeNode {
  return { ...node('directory', ''), mode: 0o755, children: new Map(Object.entries(children)) };
}

export function node(type: NodeType, content: string): TreeNode {
  const attributes = { mode: type === 'symlink' ? 0o777 : 0o640, uid: 0, gid: 0, mtime: time, flags: 0 };
  return { type, content, ...attributes, xattrs: new Map(), sparse: false, children: new Map() };
}
