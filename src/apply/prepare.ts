import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Action, Plan } from '../domain/plan.ts';
import type { Files, Status } from '../system/files.ts';
import { beginRun, recordPrepared, stagedPath } from './run-folder.ts';
import { isUnsupported, setAttributes } from './set-attributes.ts';

/** What preparing reads and writes. */
export type Preparation = {
  readonly ours: Files;
  readonly result: Files;
  readonly blobs: ReadonlyMap<string, ByteString>;
  readonly onBytes: (bytes: number) => void;
};

type FileAction = Extract<Action, { kind: 'file' }>;

const copyAttempts = 3;

/**
 * Writes all new content beside the result's tree and touches nothing else. Returns the paths that had vanished from
 * ours since they were planned (case 8). Throws Failure `no-space` before the first write where there is too little.
 */
export function prepare(plan: Plan, preparation: Preparation): RootPath[] {
  checkSpace(plan, preparation.result);
  beginRun(preparation.result, plan);
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
    staging.result.create(staging.staged, blobOf(content.sha256, staging));
    staging.onBytes(content.size);
    return true;
  }
  return copySettled(action, content.from === 'ours' ? staging.ours : staging.result, path, staging);
}

/** Copies a file until it did not change while it was copied; a live tree may do that a few times. */
function copySettled(
  { attributes }: FileAction,
  source: Files,
  path: RootPath,
  { result, staged, onBytes }: Staging,
): boolean {
  for (let attempt = 0; attempt < copyAttempts; attempt++) {
    const before = source.status(path);
    if (before?.type !== 'file') return false;
    if (attempt > 0) result.unlink(staged);
    copyWithFlags(attributes.flags, { source, path, result, staged, onBytes });
    const after = source.status(path);
    if (after === null || (after.size === before.size && sameTime(after, before))) return true;
  }
  throw new Failure({
    code: 'source-changes',
    kind: 'failed',
    message: `Cannot copy ${displayBytes(path)}: it changed every time while it was read`,
    advice: 'Stop what writes to it, or migrate at boot, when nothing runs',
  });
}

type Copy = Pick<Staging, 'result' | 'staged' | 'onBytes'> & { readonly source: Files; readonly path: RootPath };

/** Flags that the result's filesystem lacks are left out here and noted by `verify`. */
function copyWithFlags(flags: number, { source, path, result, staged, onBytes }: Copy): void {
  try {
    result.copyFrom(staged, source, path, { flags, onBytes });
  } catch (error) {
    if (flags === 0 || !isUnsupported(error)) throw error;
    result.unlink(staged);
    result.copyFrom(staged, source, path, { flags: 0, onBytes });
  }
}

function sameTime(a: Status, b: Status): boolean {
  return a.mtime.seconds === b.mtime.seconds && a.mtime.nanoseconds === b.mtime.nanoseconds;
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

/** A result that fills up half-way helps nobody (case 64). Extents that could be shared count too: better refused than stuck. */
function checkSpace(plan: Plan, result: Files): void {
  const space = result.space();
  const inodes = plan.actions.filter(({ kind }) => kind !== 'remove' && kind !== 'attributes').length;
  if (plan.summary.bytes <= space.bytes && (space.inodes === null || inodes <= space.inodes)) return;
  throw new Failure({
    code: 'no-space',
    kind: 'failed',
    message: `Cannot write ${plan.summary.bytes} bytes in ${inodes} files to ${displayBytes(result.root)}: ${space.bytes} bytes and ${space.inodes ?? 'any number of'} inodes are free`,
    advice: 'Make room on it, or keep large data out with an "ignore" rule',
  });
}
