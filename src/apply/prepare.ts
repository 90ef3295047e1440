import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { Failure, isGone, SystemCallError } from '../domain/failure.ts';
import { ancestorsOf, type RootPath } from '../domain/path.ts';
import type { Action, Attributes, Plan } from '../domain/plan.ts';
import type { Files } from '../system/files.ts';
import { beginRun, type RunRecord, recordPrepared, stagingFolder, stateFolder } from './run-folder.ts';
import { setAttributes } from './set-attributes.ts';
import { withStagedPaths } from './staged-paths.ts';

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
  for (const { action, staged } of withStagedPaths(plan, stagingFolder(plan))) {
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
      return stageFile(action, staging);
    case 'directory':
      // Its attributes come when all is in it.
      result.makeDirectory(staged);
      return true;
    case 'symlink':
      result.makeSymlink(staged, action.target);
      break;
    case 'node':
      result.makeNode(staged, action.type, action.device);
      break;
    case 'link':
      return stageLink(action.existing, staging);
    case 'remove':
    case 'attributes':
      return true;
  }
  setAttributes(result, staged, action.attributes, { lock: false });
  return true;
}

function stageFile({ content, path, attributes }: FileAction, staging: Staging): boolean {
  const { ours, result, staged, onBytes } = staging;
  if (content.from === 'blob') {
    result.create(staged, blobOf(content.sha256, staging), attributes);
    onBytes(content.size);
    return true;
  }
  const source = content.from === 'theirs' ? { files: result, path } : { files: ours, path: content.at ?? path };
  return copySettled({ result, staged, attributes, source, onBytes });
}

type Copy = Pick<Staging, 'result' | 'staged' | 'onBytes'> & {
  readonly attributes: Attributes;
  readonly source: { readonly files: Files; readonly path: RootPath };
};

/**
 * Copies a file until it did not change while it was copied. One that always does is taken as it was last read, and
 * `verify` says so; false where there is none any more (case 8).
 */
function copySettled(copy: Copy): boolean {
  const { result, staged } = copy;
  for (let attempt = 1; ; attempt++) {
    const copied = copyWhole(copy);
    if (copied === 'settled' || (copied === 'changing' && attempt === copyAttempts)) return true;
    if (result.status(staged) !== null) result.unlink(staged);
    if (attempt === copyAttempts) return false;
  }
}

/** A file may go away or become shorter under our hands. */
function copyWhole({ result, staged, attributes, source, onBytes }: Copy): 'settled' | 'changing' | 'gone' {
  const { files, path } = source;
  try {
    return result.copyFrom(staged, files, path, { attributes, onBytes }) ? 'settled' : 'changing';
  } catch (error) {
    if (!(error instanceof SystemCallError) || !wentAway(error)) throw error;
    // The same error about the result is a real failure.
    if (error.path !== displayBytes(files.root === '/' ? path : `${files.root}${path}`)) throw error;
    return 'gone';
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

/** Whether a file is gone, replaced, or (EAGAIN) shorter than it was. */
function wentAway(error: SystemCallError): boolean {
  return isGone(error) || error.code === 'EAGAIN';
}
