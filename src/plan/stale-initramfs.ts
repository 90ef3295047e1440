import { displayBytes } from '../domain/bytes.ts';
import { copiedIntoInitramfs, fstab, initramfsMounts } from '../domain/initramfs-copies.ts';
import type { Item } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import type { Action } from '../domain/plan.ts';
import { regenerateAfterBoot, staleInitramfs } from '../domain/work-after-boot.ts';
import { makeItem } from './make-item.ts';
import type { PlanInput } from './plan-input.ts';

/** Paths that the title names. */
const namedPaths = 5;

/**
 * Where the result differs from the image in something of which the image's initramfs has a copy: that copy is stale, and
 * the first boot runs with it (case 56).
 */
export function staleInitramfsItems(actions: readonly Action[], input: PlanInput): Item[] {
  const paths = actions
    .filter((action) => changesContent(action) && isCopied(action.path, input))
    .map(({ path }) => path);
  if (paths.length === 0) return [];
  const reasons = [...new Set(paths.map((path) => copiedIntoInitramfs(path) ?? mountsReason))];
  const item = makeItem(
    {
      kind: staleInitramfs.kind,
      subject: staleInitramfs.subject,
      paths,
      severity: 'recommendation',
      blocks: 'nothing',
      title: `The initramfs of the image does not know ${listed(paths)}`,
      detail: `It is made anew after the boot and in force from the next one: ${reasons.join('; ')}`,
      resolutions: [
        { id: regenerateAfterBoot, title: 'Make it anew after the boot', default: true, dataLoss: 'none' },
        { id: 'leave', title: "Leave it as the image's", dataLoss: 'none' },
      ],
      facts: paths,
    },
    input,
  );
  return [item];
}

const mountsReason = 'filesystems that the initramfs mounts';

/** Attributes are not copied, and directories have none that matter there. */
function changesContent(action: Action): boolean {
  if (action.kind === 'file') return action.content.from !== 'theirs';
  return action.kind === 'symlink' || action.kind === 'link' || (action.kind === 'remove' && !action.directory);
}

function isCopied(path: RootPath, input: PlanInput): boolean {
  return path === fstab ? changesMounts(input) : copiedIntoInitramfs(path) !== null;
}

/** Whether the result has mounts of the initramfs that the image's fstab has not; a merge keeps those of this machine. */
function changesMounts({ contents, joint }: PlanInput): boolean {
  const { ours, theirs } = contents.get(fstab) ?? { ours: null, theirs: null };
  const decided = joint.decided.get(fstab);
  const result = decided?.node === 'content' ? decided.content : (ours ?? '');
  const known = new Set(initramfsMounts(theirs ?? ''));
  return initramfsMounts(result).some((mount) => !known.has(mount));
}

function listed(paths: readonly RootPath[]): string {
  const first = paths.slice(0, namedPaths).map(displayBytes).join(', ');
  return paths.length > namedPaths ? `${first} and ${paths.length - namedPaths} more` : first;
}
