import { aclAccess, inodeFlags } from '../../src/domain/entry.ts';
import { seededRandom } from '../merge/text/random.ts';
import { choosePermissions, plainNode } from '../property/attributes.ts';
import { editedCopy } from '../property/edit-tree.ts';
import { generateTree } from '../property/generate-tree.ts';
import type { TreeNode } from '../property/tree-node.ts';

/** Three trees whose migration takes many actions, of every kind. */
export type BusyTrees = { readonly base: TreeNode; readonly ours: TreeNode; readonly theirs: TreeNode };

/** Side by side what some seeds of the property test make, sockets apart; the root itself was changed here too. */
export function busyTrees(): BusyTrees {
  const parts = [partByHand(), ...[3, 7].map(partOf)];
  const join = (side: keyof BusyTrees): TreeNode => {
    const root = plainNode(seededRandom(1), 'directory', '');
    for (const [index, part] of parts.entries()) root.children.set(`part ${index}`, part[side]);
    root.children.set('etc', accounts(side));
    return root;
  };
  const ours = join('ours');
  ours.mode = 0o751;
  return { base: join('base'), ours, theirs: join('theirs') };
}

/** What seeds meet too rarely: every kind of content, types that change both ways, locked files and directories. */
function partByHand(): BusyTrees {
  const base = directoryOf({
    lines: file('1\n2\n3\n4\n5\n'),
    tightened: file('same'),
    becomesDirectory: file('was a file'),
    becomesFile: directoryOf({ a: file('a'), deep: directoryOf({ b: file('b') }) }),
    locked: directoryOf({ inside: file('x') }),
    cleared: directoryOf({ one: file('1'), two: directoryOf({ three: file('3') }) }),
  });
  place(base, 'twin', base.children.get('tightened'));
  place(base, 'same lines', base.children.get('lines'));
  const [ours, theirs] = [structuredClone(base), structuredClone(base)];
  edit(ours, 'lines', { content: '1\n2\n3\n4\nfive\n' });
  edit(theirs, 'lines', { content: 'one\n2\n3\n4\n5\n' });
  edit(ours, 'tightened', { uid: 1000 });
  edit(theirs, 'tightened', { content: 'newer', mode: 0o600 });
  place(ours, 'becomesDirectory', directoryOf({ c: file('c'), nodes: plain('fifo', '') }));
  place(ours, 'becomesFile', { ...file('now a file'), flags: inodeFlags.immutable });
  edit(theirs, 'locked', { flags: inodeFlags.immutable });
  place(ours, 'locked', directoryOf({ inside: file('y'), more: file('z') }));
  ours.children.delete('cleared');
  place(ours, 'appended', { ...file('log'), flags: inodeFlags.appendOnly, mode: 0o4755 });
  place(ours, 'disk', plain('block', '259:7'));
  place(ours, 'shared', withAccessList(file('shared')));
  place(ours, 'holes', { ...file(`${'\0'.repeat(200_000)}end`), sparse: true });
  place(ours, 'kept', { ...directoryOf({ in: file('in it') }), flags: inodeFlags.immutable, mode: 0o1770 });
  return { base, ours, theirs };
}

/** Accounts that both sides added, under numbers that clash. */
function accounts(side: keyof BusyTrees): TreeNode {
  const [system, person] = [
    '_chrony:x:998:998::/var/lib/chrony:/usr/sbin/nologin',
    'alice:x:1000:1000::/home/alice:/bin/sh',
  ];
  const added = { base: [], ours: ['local:x:998:998::/:/bin/false', person], theirs: [system] }[side];
  const users = ['root:x:0:0:root:/root:/bin/bash', 'daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin', ...added];
  const names = users.map((line) => line.split(':'));
  return directoryOf({
    passwd: file(users.map((line) => `${line}\n`).join('')),
    group: file(names.map(([name, , , number]) => `${name}:x:${number}:\n`).join('')),
    shadow: { ...file(names.map(([name]) => `${name}:*:20000:0:99999:7:::\n`).join('')), mode: 0o640 },
  });
}

function withAccessList(node: TreeNode): TreeNode {
  const random = seededRandom(4);
  while (!node.xattrs.has(aclAccess)) choosePermissions(random, node);
  return node;
}

function plain(type: TreeNode['type'], content: string): TreeNode {
  return plainNode(seededRandom(content.length + 1), type, content);
}

function file(content: string): TreeNode {
  return plain('file', content);
}

function directoryOf(children: Readonly<Record<string, TreeNode>>): TreeNode {
  return { ...plain('directory', ''), children: new Map(Object.entries(children)) };
}

function place(directory: TreeNode, name: string, node: TreeNode | undefined): void {
  if (node !== undefined) directory.children.set(name, node);
}

function edit(directory: TreeNode, name: string, change: Partial<TreeNode>): void {
  Object.assign(directory.children.get(name) ?? {}, change);
}

function partOf(seed: number): BusyTrees {
  const random = seededRandom(seed);
  const outside = { absolute: '/dev/shm', relative: '../../..' };
  const base = generateTree(random, outside);
  const hot = Array.from({ length: 5 }, () => random.below(40));
  const ours = editedCopy(random, base, outside, hot, 25);
  const theirs = editedCopy(random, base, outside, hot, 12);
  for (const tree of [base, ours, theirs]) withoutSockets(tree);
  return { base, ours, theirs };
}

function withoutSockets(directory: TreeNode): void {
  for (const [name, node] of directory.children) {
    if (node.type === 'socket') directory.children.delete(name);
    withoutSockets(node);
  }
}
