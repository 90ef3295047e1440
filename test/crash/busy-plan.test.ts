import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aclAccess, aclDefault, fileCapability, inodeFlags } from '../../src/domain/entry.ts';
import type { Action } from '../../src/domain/plan.ts';
import { nodeAt } from '../property/tree-node.ts';
import { Lane } from './lane.ts';

test('case 65: what is cut off has at least 60 actions, of every kind, with everything that a file can have', () =>
  Lane.on('btrfs', '', ({ sandbox }) => {
    sandbox.renew();
    const { actions } = sandbox.apply().plan;
    assert.ok(actions.length >= 60, `${actions.length} actions`);
    const found = new Set(actions.flatMap(featuresOf));
    const kinds = [
      'attributes',
      'directory',
      'link',
      'symlink',
      'file from ours',
      'file from theirs',
      'file from blob',
    ];
    const others = ['fifo', 'block', 'character', 'remove a directory', 'remove a file', 'owner', 'setuid'];
    const xattrs = ['user.a', 'trusted.x', aclAccess, aclDefault, fileCapability];
    const flags = ['immutable', 'appendOnly', 'noCopyOnWrite', 'noDump'];
    const wanted = [...kinds, ...others, ...xattrs, ...flags];
    assert.deepEqual(
      wanted.filter((feature) => !found.has(feature)),
      [],
    );
    assert.ok(nodeAt(sandbox.read(), '/part 0/holes')?.sparse);
  }));

/** What kind of action it is, and what its file has. */
function featuresOf(action: Action): string[] {
  if (action.kind === 'remove') return [action.directory ? 'remove a directory' : 'remove a file'];
  if (action.kind === 'link') return ['link'];
  const { mode, uid, xattrs, flags } = action.attributes;
  const set = Object.entries(inodeFlags).filter(([, flag]) => (flags & flag) !== 0);
  const [owner, setuid] = [uid === 0 ? '' : 'owner', (mode & 0o4000) === 0 ? '' : 'setuid'];
  return [nameOf(action), owner, setuid, ...xattrs.map(({ name }) => name), ...set.map(([name]) => name)];
}

function nameOf(action: Action): string {
  if (action.kind === 'node') return action.type;
  return action.kind === 'file' ? `file from ${action.content.from}` : action.kind;
}
