import { type ByteString, bytesOfText } from '../domain/bytes.ts';
import type { TreeFacts } from '../domain/change.ts';
import type { Choices } from '../domain/choices.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import { contentsNeeded } from '../plan/contents-needed.ts';
import { makePlan } from '../plan/make-plan.ts';
import { defaultCarryLimit } from '../plan/plan-input.ts';
import { compilePolicy, type Policy } from '../policy/compile.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { compareTrees, type Trees } from '../tree/compare-trees.ts';
import { readContents } from '../tree/read-contents.ts';
import type { Interest } from '../tree/walk-changes.ts';
import { decideAsOne } from './joint-decisions.ts';
import { loadPolicy, type NamedPolicy } from './load-policy.ts';
import { packagesOf } from './packages-of.ts';
import type { OnProgress } from './progress.ts';
import { stateOfOurs } from './state-of-ours.ts';
import { unmatchedRules } from './unmatched-rules.ts';

/** The three directories of a migration, as their person named them, and what goes with them. */
export type MigrationRequest = {
  readonly base: string;
  readonly old: string;
  readonly new: string;
  /** In place of the system's policies, where given. */
  readonly policyFiles: readonly NamedPolicy[] | null;
  readonly choices: Choices;
  readonly onProgress: OnProgress;
};

/** A plan with what applying it needs. */
export type PlannedMigration = {
  readonly plan: Plan;
  readonly blobs: ReadonlyMap<string, ByteString>;
  /** The state of ours that the plan rests on. */
  readonly ours: ReadonlyMap<RootPath, string>;
};

/** Opens the three roots, which must be three different directories, hands them on and closes them. */
export function withTrees<Result>(
  system: System,
  request: Pick<MigrationRequest, 'base' | 'old' | 'new'>,
  use: (trees: Trees) => Result,
): Result {
  const opened: Files[] = [];
  function open(path: string): Files {
    const files = system.openRoot(system.directory(path));
    opened.push(files);
    return files;
  }
  try {
    const trees = { base: open(request.base), ours: open(request.old), theirs: open(request.new) };
    refuseSameDirectory(trees);
    return use(trees);
  } finally {
    for (const files of opened) files.close();
  }
}

/** Compares, decides and returns the plan; changes nothing. */
export function planMigration(system: System, trees: Trees, request: MigrationRequest): PlannedMigration {
  const { policy, interest, facts: compared } = compare(trees, request);
  const asking = { trees, interest, policy, choices: request.choices, facts: compared };
  const { facts: complete, joint, known } = decideAsOne(system, asking);
  const { facts, contents } = readContents(trees, complete, contentsNeeded(complete, joint, policy.verdictOf));
  request.onProgress({ phase: 'plan', done: facts.paths.length, total: facts.paths.length, unit: 'entries' });
  const planned = makePlan({
    root: { id: 'system', base: request.base, ours: request.old, theirs: request.new },
    facts,
    verdictOf: policy.verdictOf,
    unmatchedRules: unmatchedRules(policy, trees),
    choices: request.choices,
    joint,
    known,
    contents,
    digest: system.digest,
    carryLimit: defaultCarryLimit,
  });
  return { ...planned, ours: stateOfFacts(system, compared, policy) };
}

/** The state of what was changed here, as it is now; to compare with that of an earlier run. */
export function currentState(system: System, trees: Trees, request: MigrationRequest): ReadonlyMap<RootPath, string> {
  const { policy, facts } = compare(trees, request);
  return stateOfFacts(system, facts, policy);
}

type Compared = { readonly policy: Policy; readonly interest: Interest; readonly facts: TreeFacts };

function compare(trees: Trees, { policyFiles, onProgress }: MigrationRequest): Compared {
  const policy = policyFor(trees, policyFiles);
  onProgress({ phase: 'compare', done: 0, total: null, unit: 'entries' });
  const interest: Interest = {
    isIgnored: (path) => policy.verdictOf(path).verb === 'ignore',
    isPinned: policy.hasPins ? (path) => policy.verdictOf(path).verb === 'pin' : () => false,
    onProgress: (done) => onProgress({ phase: 'compare', done, total: null, unit: 'entries' }),
  };
  return { policy, interest, facts: compareTrees(trees, interest) };
}

function stateOfFacts({ digest }: System, { paths }: TreeFacts, policy: Policy): ReadonlyMap<RootPath, string> {
  const carried = paths.filter(({ role, path }) => role !== 'context' && policy.verdictOf(path).verb !== 'ignore');
  return stateOfOurs(carried, digest);
}

/** The policy that rules a migration: the image's and the machine's, or the one named in their place. */
export function policyFor(
  { ours, theirs }: Pick<Trees, 'ours' | 'theirs'>,
  policyFiles: readonly NamedPolicy[] | null,
): Policy {
  return compilePolicy(loadPolicy({ theirs, ours, policyFiles }), packagesOf([ours, theirs]));
}

/** SHA-256 of a text. */
export function textDigest(system: System): (text: string) => string {
  return (text) => system.digest(bytesOfText(text));
}

function refuseSameDirectory(trees: Trees): void {
  const names = { base: '--base', ours: '--old', theirs: '--new' } as const;
  const seen = new Map<string, string>();
  for (const side of ['base', 'ours', 'theirs'] as const) {
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
