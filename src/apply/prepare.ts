import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { lockingFlags, sameTimestamp } from '../domain/entry.ts';
import { Failure, SystemCallError } from '../domain/failure.ts';
import { ancestorsOf, type RootPath } from '../domain/path.ts';
import type { Action, Plan } from '../domain/plan.ts';
import type { Files } from '../system/files.ts';
import { beginRun, type RunRecord, recordPrepared, stagedPath, stateFolder } from './run-folder.ts';
import { isUnsupported, setAttributes } from './set-attributes.ts';

/** What preparing reads and writes. */
export type Preparation = {
  readonly ours: Files;
  readonly result: Files;
  readonly record: RunRecord;
  readonly blobs: ReadonlyMap<string, ByteString>;
  readonly onBytes: (bytes: number) => void;
};

type FileAction = Extract<Action, { kind: 'file' }>;

const copyAttempts = 3;

/** What the kernel says of a file that is gone, replaced, or shorter than it was. */
const wentAway: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ESTALE', 'EAGAIN']);

/**
 * Writes all new content beside the result's tree and touches nothing else. Returns the paths that had vanished from
 * ours since they were planned (case 8). Throws Failure `no-space` before the first write where there is too little.
 */
export function prepare(plan: Plan, preparation: Preparation): RootPath[] {
  checkSpace(plan, preparation.result);
  checkStateFolder(plan, preparation.result);
  beginRun(preparation.result, plan, preparation.record);
  const stagedAt = new Map<RootPath, RootPath>();
  const vanished: RootPath[] = [];
  for (const [index, action] of plan.actions.entries()) {
    const staged = stagedPath(plan, index);
    if (stage(action, { ...preparation, staged, stagedAt })) stagedAt.set(action.path, staged);
    else vanished.push(action.path);
  }
  recordPrepared(preparation.result, plan, vanished);
  return vanished;
}

type Staging = Preparation & { readonly staged: RootPath; readonly stagedAt: ReadonlyMap<RootPath, RootPath> };

/** Stages one action's content; false where its source has vanished. */
function stage(action: Action, staging: Staging): boolean {
  const { result, staged } = staging;
  switch (action.kind) {
    case 'file':
      if (!stageContent(action, staging)) return false;
      break;
    case 'symlink':
      result.makeSymlink(staged, action.target);
      break;
    case 'node':
      result.makeNode(staged, action.type, action.device);
      break;
    case 'link':
      return stageLink(action.existing, staging);
    case 'remove':
    case 'directory':
    case 'attributes':
      return true;
  }
  setAttributes(result, staged, action.attributes, { lock: false });
  return true;
}

function stageContent(action: FileAction, staging: Staging): boolean {
  const { content, path } = action;
  if (content.from === 'blob') {
    stageBlob(blobOf(content.sha256, staging), action.attributes.flags, staging);
    staging.onBytes(content.size);
    return true;
  }
  const { flags } = action.attributes;
  if (content.from === 'theirs') return copySettled({ ...staging, flags, source: staging.result, path });
  return copySettled({ ...staging, flags, source: staging.ours, path: content.at ?? path });
}

/** Flags are set before content, as copy-on-write cannot be switched off later: so merged content is copied too. */
function stageBlob(content: ByteString, flags: number, { result, staged }: Staging): void {
  if ((flags & ~lockingFlags) === 0) {
    result.create(staged, content);
    return;
  }
  const path = `${staged}.merged`;
  result.create(path, content);
  copyWithFlags({ result, staged, source: result, path, flags, onBytes: () => undefined });
  result.unlink(path);
}

type Copy = Pick<Staging, 'result' | 'staged' | 'onBytes'> & {
  readonly flags: number;
  readonly source: Files;
  readonly path: RootPath;
};

/**
 * Copies a file until it did not change while it was copied. One that always does is taken as it was last read, and
 * `verify` says so; false where there is none any more (case 8).
 */
function copySettled(copy: Copy): boolean {
  const { source, path, result, staged } = copy;
  for (let attempt = 1; ; attempt++) {
    const before = source.status(path);
    if (before?.type !== 'file') return false;
    const copied = copyWhole(copy);
    const after = source.status(path);
    const settled = after === null || (after.size === before.size && sameTimestamp(after.mtime, before.mtime));
    if (copied && (settled || attempt === copyAttempts)) return true;
    if (result.status(staged) !== null) result.unlink(staged);
    if (attempt === copyAttempts) return false;
  }
}

/** False where the file went away or became shorter under our hands. */
function copyWhole(copy: Copy): boolean {
  try {
    copyWithFlags(copy);
    return true;
  } catch (error) {
    if (!(error instanceof SystemCallError) || !wentAway.has(error.code)) throw error;
    // The same error about the result is a real failure.
    const { root } = copy.source;
    if (error.path !== displayBytes(root === '/' ? copy.path : `${root}${copy.path}`)) throw error;
    return false;
  }
}

/** Flags that the result's filesystem lacks are left out here and noted by `verify`. */
function copyWithFlags({ flags, source, path, result, staged, onBytes }: Copy): void {
  try {
    result.copyFrom(staged, source, path, { flags, onBytes });
  } catch (error) {
    if (flags === 0 || !isUnsupported(error)) throw error;
    result.unlink(staged);
    result.copyFrom(staged, source, path, { flags: 0, onBytes });
  }
}

function stageLink(existing: RootPath, { result, staged, stagedAt }: Staging): boolean {
  const target = stagedAt.get(existing);
  if (target === undefined) return false;
  result.link(staged, target);
  return true;
}

function blobOf(sha256: string, { blobs }: Staging): ByteString {
  const blob = blobs.get(sha256);
  if (blob !== undefined) return blob;
  throw new Failure({
    code: 'blob-missing',
    kind: 'failed',
    message: `Cannot find the merged content ${sha256} of the plan`,
  });
}

/** The records of the migration need real directories to lie in; better known before anything is changed. */
function checkStateFolder({ actions }: Plan, result: Files): void {
  for (const path of [...ancestorsOf(stateFolder), stateFolder]) {
    const action = actions.findLast((candidate) => candidate.path === path && candidate.kind !== 'remove');
    const planned = action === undefined || action.kind === 'attributes' ? result.status(path)?.type : action.kind;
    if (planned === undefined || planned === 'directory') continue;
    throw new Failure({
      code: 'state-folder',
      kind: 'failed',
      message: `Cannot keep records in ${stateFolder} of the new root: ${displayBytes(path)} would be a ${planned}`,
      advice:
        'Make it a directory on the old system, with a bind mount to where it led, or take the image\'s with a rule "ignore"',
    });
  }
}

/** A result that fills up half-way helps nobody (case 64). Extents that could be shared count too: better refused than stuck. */
function checkSpace(plan: Plan, result: Files): void {
  const inodes = plan.actions.filter(({ kind }) => kind !== 'remove' && kind !== 'attributes').length;
  const fits = ({ bytes, inodes: left }: ReturnType<Files['space']>): boolean =>
    plan.summary.bytes <= bytes && (left === null || inodes <= left);
  if (fits(result.space())) return;
  // What was removed, with an interrupted run for one, is free on btrfs only when that is on the disk.
  result.syncFilesystem();
  const space = result.space();
  if (fits(space)) return;
  throw new Failure({
    code: 'no-space',
    kind: 'failed',
    message: `Cannot write ${plan.summary.bytes} bytes in ${inodes} files to ${displayBytes(result.root)}: ${space.bytes} bytes and ${space.inodes ?? 'any number of'} inodes are free`,
    advice: 'Make room on it, or keep large data out with an "ignore" rule',
  });
}
