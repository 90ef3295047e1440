import type { ByteString } from '../domain/bytes.ts';
import type { TreeFacts, Unreadable } from '../domain/change.ts';
import type { Choices } from '../domain/choices.ts';
import type { RootPath } from '../domain/path.ts';
import type { JointDecision } from '../merge/joint-strategy.ts';
import { decideJointly, type Joint } from '../plan/decide-jointly.ts';
import { type Known, type Need, needKey, nothingKnown } from '../plan/needs.ts';
import { translateFacts } from '../plan/translate-facts.ts';
import type { Policy } from '../policy/compile.ts';
import type { ChangeSource } from '../storage/change-source.ts';
import type { System } from '../system/system.ts';
import { type Trees, withContext } from '../tree/compare-trees.ts';
import { contentAt, entryAt, namesAt } from '../tree/read-path.ts';
import type { Interest } from '../tree/walk-changes.ts';
import { ownersIn, pathsToReown } from '../tree/walk-owners.ts';
import { placesOfOthers } from './candidates-from-storage.ts';

/** What was decided for several paths as one, and the facts with all paths that it concerns. */
export type DecidedJointly = { readonly facts: TreeFacts; readonly joint: Joint; readonly known: Known };

type Asking = {
  readonly trees: Trees;
  readonly interest: Interest;
  readonly policy: Policy;
  readonly choices: Choices;
  readonly facts: TreeFacts;
  readonly changeSources: readonly ChangeSource[];
};

/**
 * Has the joint strategies decide, reading what they ask for until they ask for nothing more. The facts come back with
 * what they decided on, with every path that changes its owner's number, and in the numbers of the result.
 */
export function decideAsOne(system: System, asking: Asking): DecidedJointly {
  const { trees, interest, policy, choices } = asking;
  const unreadable: Unreadable[] = [];
  const known = nothingKnown();
  const question = { facts: asking.facts, verdictOf: policy.verdictOf, choices, digest: system.digest, known };
  for (;;) {
    const { joint, needs } = decideJointly(question);
    if (needs.length === 0)
      return { joint, known, facts: completeFacts(joint, unreadable, { trees, interest, facts: asking.facts }) };
    for (const need of needs) read(need, { ...asking, system, known, unreadable });
  }
}

function completeFacts(
  { decided, owners }: Joint,
  unreadable: Unreadable[],
  { trees, interest, facts }: Pick<Asking, 'trees' | 'interest' | 'facts'>,
): TreeFacts {
  const reowned = pathsToReown(trees, owners.theirs, unreadable);
  const sources = [...decided.values()].flatMap((decision) => sourceOf(decision) ?? []);
  const complete = withContext(trees, interest, facts, [...decided.keys(), ...sources, ...reowned]);
  return translateFacts({ ...complete, unreadable: [...complete.unreadable, ...unreadable] }, owners, new Set(reowned));
}

/** Under which other name base and ours have what is decided on. */
function sourceOf(decision: JointDecision): RootPath | null {
  if (decision.node === 'ours-from') return decision.from;
  return 'like' in decision ? (decision.like ?? null) : null;
}

type Reading = Pick<Asking, 'trees' | 'changeSources'> & {
  readonly system: System;
  readonly known: Known;
  readonly unreadable: Unreadable[];
};

function read(need: Need, { system, trees, changeSources, known, unreadable }: Reading): void {
  const key = needKey(need);
  switch (need.kind) {
    case 'entry':
      known.entries.set(key, entryAt(trees, need.side, need.path, unreadable));
      break;
    case 'content':
      known.contents.set(key, contentAt(trees, need.side, need.path, unreadable));
      break;
    case 'decompressed':
      known.decompressed.set(key, decompressedAt(system, trees, need, unreadable));
      break;
    case 'names':
      known.names.set(key, namesAt(trees, need.side, need.path, unreadable));
      break;
    case 'owners':
      known.owners.set(
        key,
        ownersIn(trees, need.side, placesOfOthers(system, changeSources, trees[need.side]), unreadable),
      );
      break;
    case 'device':
      known.devices.set(key, system.mounts.has(need.specification));
  }
}

function decompressedAt(
  { decompress }: System,
  trees: Trees,
  { side, path }: Extract<Need, { readonly path: unknown }>,
  unreadable: Unreadable[],
): ByteString | null {
  const content = contentAt(trees, side, path, unreadable);
  return content === null ? null : decompress(path, content);
}
