import { displayBytes } from '../domain/bytes.ts';
import type { Boundary, Unreadable } from '../domain/change.ts';
import { lockingFlags } from '../domain/entry.ts';
import type { Item, ItemDraft } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import { type Action, bytesOf } from '../domain/plan.ts';
import type { Rule } from '../domain/policy.ts';
import { makeItem } from './make-item.ts';
import type { PlanInput } from './plan-input.ts';
import type { Proposal } from './proposal.ts';
import { staleInitramfsItems } from './stale-initramfs.ts';

/** What a person should know of the tree as a whole, beyond single decisions. */
export function wholeTreeItems(actions: readonly Action[], tree: readonly Proposal[], input: PlanInput): Item[] {
  return [
    ...eachOnce(input.facts.unreadable).map((unreadable) => unreadableItem(unreadable, input)),
    ...input.unmatchedRules.map((rule) => unmatchedItem(rule, input)),
    ...input.facts.boundaries.flatMap((boundary) => boundaryItems(boundary, input)),
    ...brokenLinks(actions, tree, input),
    ...lockedLinks(tree, input),
    ...tooMuch(actions, input),
    ...staleInitramfsItems(actions, input),
  ];
}

/** A path is looked at more than once: it is one question all the same, under one key. */
function eachOnce(unreadable: readonly Unreadable[]): Unreadable[] {
  const first = new Map<RootPath, Unreadable>();
  for (const one of unreadable) if (!first.has(one.path)) first.set(one.path, one);
  return [...first.values()];
}

function unreadableItem(unreadable: Unreadable, input: PlanInput): Item {
  const { path, side, code, call } = unreadable;
  const about = {
    kind: 'unreadable',
    subject: path,
    title: `${displayBytes(path)} of ${side} cannot be read (${call}: ${code})`,
    facts: [side, code, call],
  };
  const draft: ItemDraft = input.isGivenUp(unreadable)
    ? { ...about, ...givenUp }
    : {
        ...{ ...about, severity: 'error', blocks: 'boot', detail: 'Whether it was changed is not known' },
        resolutions: [
          { id: 'skip', title: 'Go on without it: the result has what the image ships', dataLoss: 'possible' },
        ],
      };
  return makeItem(draft, input);
}

const givenUp = {
  severity: 'warning',
  blocks: 'nothing',
  detail: 'Nothing of it is kept: the reset takes what the image ships',
  resolutions: [],
} as const;

function unmatchedItem(rule: Rule, input: PlanInput): Item {
  const { file, line } = rule.source;
  return makeItem(
    {
      kind: 'required',
      subject: rule.pattern,
      paths: [],
      severity: 'error',
      blocks: 'boot',
      title: `The required rule "${rule.verb} ${displayBytes(rule.pattern)}" matches nothing on this machine`,
      detail: `It stands in ${file}, line ${line}`,
      resolutions: [{ id: 'go-on', title: 'Go on without it', dataLoss: 'possible' }],
      facts: [rule.pattern, file],
    },
    input,
  );
}

/** Those of theirs have their item where something is planned in them (`yieldToImmovable`). */
function boundaryItems({ path, side, kind, empty, declared }: Boundary, input: PlanInput): Item[] {
  if (side === 'theirs') return [];
  const what = { mount: 'a mount point', subvolume: 'a nested subvolume', root: 'another root of this migration' }[
    kind
  ];
  if (side === 'base') return [uncomparedItem(path, what, input)];
  const item = makeItem(
    {
      kind: 'boundary',
      subject: path,
      severity: declared === true || empty ? 'info' : 'warning',
      blocks: 'nothing',
      title: `${displayBytes(path)} is ${what}; what is in it is not carried`,
      detail: declared === true ? 'The /etc/fstab of this machine mounts it' : detailOf(empty),
      resolutions: [],
      facts: [kind, declared === true || empty],
    },
    input,
  );
  return [item];
}

function detailOf(empty: boolean): string {
  return empty ? 'It is empty' : 'It is not empty: declare it as a volume, or mount it in the new version too';
}

function uncomparedItem(path: RootPath, what: string, input: PlanInput): Item {
  return makeItem(
    {
      kind: 'boundary-base',
      subject: path,
      severity: 'info',
      blocks: 'nothing',
      title: `${displayBytes(path)} of the old image is ${what}; what is in it was not compared`,
      detail: 'All that is there on this machine counts as added here',
      resolutions: [],
      facts: [what],
    },
    input,
  );
}

/** Names of one file of which not all are carried, so that those carried are a file of their own (case 39). */
function brokenLinks(actions: readonly Action[], tree: readonly Proposal[], input: PlanInput): Item[] {
  const links = new Map<RootPath, number>();
  for (const action of actions) {
    if (action.kind === 'file' && action.content.from !== 'theirs') links.set(action.path, 1);
    if (action.kind === 'link') links.set(action.existing, (links.get(action.existing) ?? 0) + 1);
  }
  return tree.flatMap(({ facts: { path, ours } }) => {
    const carried = links.get(path);
    if (carried === undefined || ours === null || ours.inode.links <= carried) return [];
    return [linkItem(path, ours.inode.links, carried, input)];
  });
}

function linkItem(path: RootPath, names: number, carried: number, input: PlanInput): Item {
  return makeItem(
    {
      kind: 'hard-link',
      subject: path,
      severity: 'info',
      blocks: 'nothing',
      title: `${displayBytes(path)} shares its content with ${names - carried} more name${names - carried === 1 ? '' : 's'} here that ${names - carried === 1 ? 'is' : 'are'} not carried`,
      detail: 'In the new version it is a file of its own',
      resolutions: [],
      facts: [names, carried],
    },
    input,
  );
}

/** A lock belongs to the file, not to its name: replacing one name takes it off the others for a moment. */
function lockedLinks(tree: readonly Proposal[], input: PlanInput): Item[] {
  return tree.flatMap(({ node, facts: { path, theirs } }) => {
    const isLocked = theirs?.type === 'file' && (theirs.flags & lockingFlags) !== 0 && theirs.inode.links > 1;
    if (theirs === null || !isLocked || node.kind === 'theirs') return [];
    const draft: ItemDraft = {
      kind: 'locked-link',
      subject: path,
      severity: 'info',
      blocks: 'nothing',
      title: `${displayBytes(path)} is locked in the image (chattr +i or +a) and has ${theirs.inode.links} names`,
      detail:
        'To replace or delete this name the lock is taken off for a moment: a power cut then leaves its other names unlocked',
      resolutions: [],
      facts: [theirs.flags, theirs.inode.links],
    };
    return [makeItem(draft, input)];
  });
}

function tooMuch(actions: readonly Action[], input: PlanInput): Item[] {
  const carried = actions.flatMap((action) =>
    action.kind === 'file' && action.content.from === 'ours'
      ? [{ path: action.path, size: bytesOf(action.content) }]
      : [],
  );
  const bytes = carried.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= input.carryLimit) return [];
  const largest = carried.toSorted((a, b) => b.size - a.size).slice(0, 10);
  const names = largest.map(({ path, size }) => `${displayBytes(path)} (${inMebibytes(size)})`).join(', ');
  return [
    makeItem(
      {
        kind: 'carry-size',
        subject: '/',
        paths: largest.map(({ path }) => path),
        severity: 'error',
        blocks: 'boot',
        title: `${inMebibytes(bytes)} would be carried, more than ${inMebibytes(input.carryLimit)}`,
        detail: `Data belongs in a volume, or under an "ignore" rule. The largest: ${names}`,
        resolutions: [
          { id: 'carry', title: 'Carry it all the same; the boot takes as long as the copy', dataLoss: 'none' },
        ],
        facts: largest,
      },
      input,
    ),
  ];
}

function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20).toLocaleString('en-US')} MiB`;
}
