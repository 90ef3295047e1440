import { displayBytes } from '../domain/bytes.ts';
import { type Entry, lockingFlags, sameTimestamp, selinuxLabel, xattrOf } from '../domain/entry.ts';
import { Failure, isUnsupported } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Action, Attributes, Plan } from '../domain/plan.ts';
import type { Files } from '../system/files.ts';
import { foldersOfRecords } from './run-folder.ts';

type FileAction = Extract<Action, { kind: 'file' }>;

type Verification = {
  readonly ours: Files;
  readonly result: Files;
  readonly vanished: readonly RootPath[];
  /** Whether a program of the result has made something else of it. */
  readonly remade: (action: Action) => boolean;
};

/**
 * Compares the result with the plan, content included. Returns a note for each attribute that the filesystem of the
 * result cannot hold; throws Failure `verify` for anything else that is not as planned.
 */
export function verify(plan: Plan, { ours, result, vanished, remade }: Verification): string[] {
  const gone = new Set(vanished);
  const replaced = new Set(plan.actions.filter(({ kind }) => kind !== 'remove').map(({ path }) => path));
  const notes: string[] = [];
  for (const action of plan.actions) {
    if (gone.has(action.path) || remade(action)) continue;
    if (action.kind === 'remove') verifyRemoved(action.path, replaced, result);
    else notes.push(...verifyPresent(action, ours, result));
  }
  return [...notes, ...vanished.map((path) => `${displayBytes(path)} vanished from the old root before it was copied`)];
}

function verifyRemoved(path: RootPath, replaced: ReadonlySet<RootPath>, result: Files): void {
  if (!replaced.has(path) && result.status(path) !== null) throw differs(path, 'it is still there');
}

function verifyPresent(action: Exclude<Action, { kind: 'remove' }>, ours: Files, result: Files): string[] {
  const { path } = action;
  const entry = result.entry(path);
  if (entry === null) throw differs(path, 'it is not there');
  if (action.kind === 'link') {
    if (entry.inode.number !== result.status(action.existing)?.inode.number)
      throw differs(path, 'it is no link of the file it should be');
    return [];
  }
  const changed = action.kind === 'file' && changedSincePlanned(action, ours);
  verifyContent(action, entry, changed ? null : ours, result);
  const notes = verifyAttributes(path, entry, action.attributes, result);
  return changed ? [`${displayBytes(path)} changed in the old root after it was planned`, ...notes] : notes;
}

/** On a live tree the copy may be newer than the plan, or older than what is there now (case 8). */
function changedSincePlanned({ path, content, attributes: { mtime } }: FileAction, ours: Files): boolean {
  if (content.from !== 'ours') return false;
  const now = ours.status(content.at ?? path);
  if (now?.type !== 'file' || now.size !== content.size) return true;
  return !sameTimestamp(now.mtime, mtime);
}

function verifyContent(
  action: Exclude<Action, { kind: 'remove' | 'link' }>,
  entry: Entry,
  ours: Files | null,
  result: Files,
): void {
  const { kind, path } = action;
  const type = kind === 'node' || kind === 'attributes' ? action.type : kind;
  if (entry.type !== type) throw differs(path, `it is a ${entry.type}, not a ${type}`);
  if (kind === 'symlink' && entry.target !== action.target) throw differs(path, 'it points elsewhere');
  if (kind !== 'file') return;
  const { content } = action;
  if (content.from === 'ours' && ours === null) return;
  if (entry.size !== content.size) throw differs(path, `it has ${entry.size} bytes, not ${content.size}`);
  if (content.from === 'blob' && result.digest(path) !== content.sha256) throw differs(path, 'its content differs');
  if (content.from === 'ours' && ours !== null && !result.sameContent(path, ours, content.at ?? path))
    throw differs(path, 'its content differs');
}

function verifyAttributes(path: RootPath, entry: Entry, wanted: Attributes, result: Files): string[] {
  const notes: string[] = [];
  const check = (what: string, same: boolean): void => {
    if (!same) throw differs(path, `${what} differs`);
  };
  check('its owner', entry.uid === wanted.uid && entry.gid === wanted.gid);
  check('its mode', entry.type === 'symlink' || entry.mode === wanted.mode);
  check('its time', sameTimestamp(entry.mtime, wanted.mtime));
  for (const { name } of entry.xattrs) {
    check(
      `its attribute ${displayBytes(name)}`,
      name === selinuxLabel || wanted.xattrs.some((xattr) => xattr.name === name),
    );
  }
  for (const { name, value } of wanted.xattrs) {
    if (name === selinuxLabel || xattrOf(entry, name) === value) continue;
    notes.push(unsupported(path, `attribute ${displayBytes(name)}`, () => result.setXattr(path, name, value)));
  }
  // The directories of the records are locked when the records are written.
  const flags = foldersOfRecords.has(path) ? wanted.flags & ~lockingFlags : wanted.flags;
  if (entry.flags !== flags) {
    notes.push(unsupported(path, 'inode flags', () => result.setFlags(path, flags)));
  }
  return notes;
}

/** A property that is not as planned is only excused where the filesystem refuses it, which it is asked once more. */
function unsupported(path: RootPath, what: string, attempt: () => void): string {
  try {
    attempt();
  } catch (error) {
    if (isUnsupported(error)) return `${displayBytes(path)}: the filesystem cannot hold its ${what}`;
    throw error;
  }
  throw differs(path, `its ${what} differs`);
}

function differs(path: RootPath, how: string): Failure {
  return new Failure({
    code: 'verify',
    kind: 'failed',
    message: `The result is not as planned at ${displayBytes(path)}: ${how}`,
    advice: 'Nothing of it is used: make the new root again from its image and run the migration again',
  });
}
