import { type ByteString, bytesOfText } from '../domain/bytes.ts';
import type { PathFacts, TreeFacts } from '../domain/change.ts';
import type { Choices } from '../domain/choices.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import type { Reset } from '../domain/reset.ts';
import { contentsNeeded } from '../plan/contents-needed.ts';
import { makePlan } from '../plan/make-plan.ts';
import { defaultCarryLimit } from '../plan/plan-input.ts';
import type { Policy } from '../policy/compile.ts';
import { isGivenUp } from '../policy/reset.ts';
import type { ChangeSource } from '../storage/change-source.ts';
import type { Files, TreePart } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { compareTrees, type Trees } from '../tree/compare-trees.ts';
import { emptyTree } from '../tree/computed-files.ts';
import { readContents } from '../tree/read-contents.ts';
import { type Interest, walkChanges } from '../tree/walk-changes.ts';
import { candidatesFromStorage } from './candidates-from-storage.ts';
import { interestOf } from './interest-of.ts';
import { decideAsOne } from './joint-decisions.ts';
import type { NamedPolicy } from './load-policy.ts';
import { withDeclarations } from './migration-policy.ts';
import { standInForBase } from './missing-base.ts';
import { type Prepared, prepareComparison } from './prepare-comparison.ts';
import type { OnProgress } from './progress.ts';
import { stateOfOurs } from './state-of-ours.ts';
import { unmatchedRules } from './unmatched-rules.ts';

/** The three directories of a migration, as their person named them, and what goes with them. */
export type MigrationRequest = {
  /** Null where the old image is not there: what was changed is told from package checksums (case 66). */
  readonly base: string | null;
  /** Whether base and new are one image; then nothing may be written. */
  readonly baseIsNew?: boolean;
  readonly old: string;
  /** Volumes of the old system that are migrated with its root, where it mounts them. */
  readonly oldParts?: readonly TreePart[];
  readonly new: string;
  /** In place of the system's policies, where given. */
  readonly policyFiles: readonly NamedPolicy[] | null;
  readonly choices: Choices;
  /** Carries only what a reset keeps, where given. */
  readonly reset?: Reset | undefined;
  /** The kinds of storage that may know what was changed; without them everything is compared. */
  readonly changeSources?: readonly ChangeSource[];
  readonly onProgress: OnProgress;
};

/** A plan with what applying it needs. */
export type PlannedMigration = {
  readonly plan: Plan;
  readonly blobs: ReadonlyMap<string, ByteString>;
  /** The state of ours that the plan rests on. */
  readonly ours: ReadonlyMap<RootPath, string>;
};

/**
 * Opens the three roots, which must be three different directories, hands them on and closes them. Where nothing is
 * written, a reset to the image that a version was made from has that for both its base and its new root.
 */
export function withTrees<Result>(
  system: System,
  request: Pick<MigrationRequest, 'base' | 'baseIsNew' | 'old' | 'oldParts' | 'new'>,
  use: (trees: Trees) => Result,
): Result {
  const opened: Files[] = [];
  function open(path: string, parts: readonly TreePart[] = []): Files {
    const files = system.openRoot(system.directory(path), { parts });
    opened.push(files);
    return files;
  }
  try {
    const base = request.base === null ? emptyTree : open(request.base);
    const trees = { base, ours: open(request.old, request.oldParts), theirs: open(request.new) };
    refuseSameDirectory(trees, request.baseIsNew === true ? ['ours', 'theirs'] : ['base', 'ours', 'theirs']);
    return use(trees);
  } finally {
    for (const files of opened) files.close();
  }
}

/** Compares, decides and returns the plan; changes nothing. */
export function planMigration(system: System, given: Trees, request: MigrationRequest): PlannedMigration {
  const prepared = prepareComparison(system, given, request);
  const { trees, policy, hasBase } = prepared;
  const { interest, facts: compared } = compare(system, prepared, request);
  const { choices, changeSources = [] } = request;
  const reset = request.reset === undefined ? null : withDeclarations(request.reset);
  const asking = { trees, interest, policy, choices, facts: compared, changeSources };
  const { facts: complete, joint, known } = decideAsOne(system, asking);
  const { facts, contents } = readContents(trees, complete, contentsNeeded(complete, joint, policy.verdictOf));
  request.onProgress({ phase: 'plan', done: facts.paths.length, total: facts.paths.length, unit: 'entries' });
  const planned = makePlan({
    root: { id: 'system', base: prepared.baseName, ours: request.old, theirs: request.new },
    facts,
    verdictOf: policy.verdictOf,
    unmatchedRules: unmatchedRules(policy, trees),
    isGivenUp: (unreadable) => reset !== null && isGivenUp(policy, reset, unreadable),
    raised: prepared.items,
    hasBase,
    choices: request.choices,
    joint,
    known,
    contents,
    digest: system.digest,
    carryLimit: defaultCarryLimit,
  });
  const changes = hasBase ? compared.paths : changesWithoutTheirs(prepared, request);
  return { ...planned, ours: stateOfChanges(system, changes, policy) };
}

/** The state of what was changed here, as it is now; to compare with that of an earlier run. */
export function currentState(system: System, trees: Trees, request: MigrationRequest): ReadonlyMap<RootPath, string> {
  const prepared = prepareComparison(system, trees, request);
  const changes = prepared.hasBase
    ? compare(system, prepared, request).facts.paths
    : changesWithoutTheirs(prepared, request);
  return stateOfChanges(system, changes, prepared.policy);
}

type Compared = { readonly interest: Interest; readonly facts: TreeFacts };

function compare(
  system: System,
  { trees, policy, hasBase }: Prepared,
  { changeSources = [], onProgress }: MigrationRequest,
): Compared {
  onProgress({ phase: 'compare', done: 0, total: null, unit: 'entries' });
  const interest = interestOf(policy, onProgress);
  const { base, ours, theirs } = trees;
  const changed = { base, ours, others: [theirs] };
  const candidates = hasBase ? candidatesFromStorage(system, changeSources, changed, policy) : null;
  return { interest, facts: compareTrees(trees, interest, candidates) };
}

/** A base that is not there is made up from theirs too, which a run has begun to change: the state must not rest on it. */
function changesWithoutTheirs({ trees, databases, policy }: Prepared, { onProgress }: MigrationRequest): Changed[] {
  const interest = interestOf(policy, onProgress);
  const { base } = standInForBase({ ours: trees.ours, theirs: emptyTree }, databases.ours, interest.isIgnored);
  return walkChanges(base, trees.ours, interest, [trees.theirs]).changes;
}

type Changed = Pick<PathFacts, 'path' | 'ours' | 'role'>;

function stateOfChanges(
  { digest }: System,
  changes: readonly Changed[],
  policy: Policy,
): ReadonlyMap<RootPath, string> {
  const carried = changes.filter(({ role, path }) => role !== 'context' && policy.verdictOf(path).verb !== 'ignore');
  return stateOfOurs(carried, digest);
}

/** SHA-256 of a text. */
export function textDigest(system: System): (text: string) => string {
  return (text) => system.digest(bytesOfText(text));
}

function refuseSameDirectory(trees: Trees, sides: readonly (keyof Trees)[]): void {
  const names = { base: '--base', ours: '--old', theirs: '--new' } as const;
  const seen = new Map<string, string>();
  for (const side of sides) {
    const inode = trees[side].status('/')?.inode;
    const identity = `${inode?.device}:${inode?.number}`;
    const other = seen.get(identity);
    if (other !== undefined && inode !== undefined) {
      throw new Failure({
        code: 'same-directory',
        kind: 'input',
        message: `Cannot migrate: ${other} and ${names[side]} are the same directory, ${trees[side].root}`,
        advice:
          'Name three different directories: the old image as delivered, the old system, the new image as delivered',
      });
    }
    seen.set(identity, names[side]);
  }
}
