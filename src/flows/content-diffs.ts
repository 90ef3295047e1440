import type { ByteString } from '../domain/bytes.ts';
import { ancestorsOf, type RootPath } from '../domain/path.ts';
import type { Action, Plan } from '../domain/plan.ts';
import { isText } from '../merge/text/is-text.ts';
import { unifiedDiff } from '../merge/text/unified-diff.ts';
import type { Files } from '../system/files.ts';
import type { Trees } from '../tree/compare-trees.ts';
import { looking } from '../tree/read-failure.ts';

/** How the content of a file changes from the image's to the result's. */
export type ContentDiff = {
  readonly path: RootPath;
  /** Whether one of the two files may not be read by everyone. */
  readonly isPrivate: boolean;
  /** Unified diff; null where a side is not text or too large. */
  readonly diff: ByteString | null;
};

/** Larger files are no reading matter. */
const shownBytes = 2 ** 20;

/** The diffs of all files that the plan writes; none of a file that cannot be read any more (case 8). */
export function contentDiffs(plan: Plan, trees: Trees, blobs: ReadonlyMap<string, ByteString>): ContentDiff[] {
  return plan.actions.flatMap((action) => {
    if (action.kind !== 'file' || action.content.from === 'theirs') return [];
    const found = looking(action.path, trees, [], () => contentDiff(action, trees, blobs));
    return found === null || found.diff === '' ? [] : [found];
  });
}

type FileAction = Extract<Action, { kind: 'file' }>;

function contentDiff(action: FileAction, trees: Trees, blobs: ReadonlyMap<string, ByteString>): ContentDiff {
  const { path, content, attributes } = action;
  const theirs = trees.theirs.status(path);
  const isPrivate =
    !isOpenToAll(attributes.mode, path, trees.ours) || !isOpenToAll(theirs?.mode ?? 0o444, path, trees.theirs);
  const tooLarge = content.size > shownBytes || (theirs !== null && theirs.size > shownBytes);
  return { path, isPrivate, diff: tooLarge ? null : diffOf(action, trees, blobs) };
}

/** Whether everyone may read a file of this mode, and pass all directories above it. */
function isOpenToAll(mode: number, path: RootPath, files: Files): boolean {
  return (
    (mode & 0o004) !== 0 && ancestorsOf(path).every((above) => ((files.status(above)?.mode ?? 0o001) & 0o001) !== 0)
  );
}

function diffOf(
  { path, content }: FileAction,
  trees: Trees,
  blobs: ReadonlyMap<string, ByteString>,
): ByteString | null {
  const isFile = trees.theirs.status(path)?.type === 'file';
  const before = isFile ? trees.theirs.read(path) : '';
  const after = content.from === 'blob' ? blobs.get(content.sha256) : trees.ours.read(path);
  if (after === undefined || !isText(before) || !isText(after)) return null;
  return unifiedDiff(before, after, { fromName: isFile ? `image${path}` : '/dev/null', toName: `result${path}` });
}
