import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { type Choices, noChoices } from '../../src/domain/choices.ts';
import { type Entry, inodeFlags } from '../../src/domain/entry.ts';
import type { Item } from '../../src/domain/item.ts';
import type { Decision, Plan } from '../../src/domain/plan.ts';
import type { Reset } from '../../src/domain/reset.ts';
import { type Applied, applyMigration } from '../../src/flows/apply-migration.ts';
import { type MigrationRequest, planMigration, withTrees } from '../../src/flows/plan-migration.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import type { Trees } from '../../src/tree/compare-trees.ts';
import { type FilesystemKind, withFilesystem } from '../system/loop-filesystem.ts';
import { hostPath, makeTree, namesIn, type Tree } from './trees.ts';

export const system = realSystem([process.execPath]);

/** The three directories of a migration, and one beside them that no root holds. */
export type Roots = { readonly base: string; readonly ours: string; readonly theirs: string; readonly outside: string };

/** A machine whose image is updated. */
export type Situation = {
  readonly on?: FilesystemKind;
  readonly size?: string;
  readonly base: Tree;
  readonly ours: Tree;
  /** The base's where it is not given: an image that did not change. */
  readonly theirs?: Tree;
  /** Rules in place of the system's. */
  readonly policy?: string;
  readonly reset?: Reset;
  /** What cannot be said by a tree: runs when the three are made. */
  readonly prepare?: (roots: Roots) => void;
  /** Resolutions by the key of their item. */
  readonly answers?: Readonly<Record<string, string>>;
  /** What the flow sees of the trees, in place of the real ones. */
  readonly seen?: (trees: Trees) => Trees;
};

/** A migration that was planned and applied. */
export type Migrated = {
  readonly roots: Roots;
  readonly plan: Plan;
  readonly applied: Applied;
  readonly result: Root;
};

/** Makes the trees on a real filesystem and hands them on. */
export async function withRoots(situation: Situation, body: (roots: Roots) => void | Promise<void>): Promise<void> {
  const options = situation.size === undefined ? {} : { size: situation.size };
  await withFilesystem(
    situation.on ?? 'tmpfs',
    async (mountpoint) => {
      const roots = {
        base: join(mountpoint, 'base'),
        ours: join(mountpoint, 'ours'),
        theirs: join(mountpoint, 'theirs'),
        outside: join(mountpoint, 'outside'),
      };
      for (const root of Object.values(roots)) mkdirSync(root, { mode: 0o755 });
      makeTree(roots.base, situation.base);
      makeTree(roots.ours, situation.ours);
      makeTree(roots.theirs, situation.theirs ?? situation.base);
      situation.prepare?.(roots);
      await body(roots);
    },
    options,
  );
}

/** Plans only. */
export async function planned(situation: Situation, check: (plan: Plan, roots: Roots) => void): Promise<void> {
  await withRoots(situation, (roots) => {
    const request = requestOf(roots, situation, noChoices);
    check(
      withTrees(system, request, (trees) => planMigration(system, see(situation, trees), request).plan),
      roots,
    );
  });
}

/**
 * Plans and applies, unattended, and checks what holds of every migration: base and ours are untouched, applying again
 * changes nothing, and a plan on the result finds nothing left to do.
 */
export async function migrated(situation: Situation, check: (migration: Migrated) => void): Promise<void> {
  await withRoots(situation, (roots) => {
    const before = [inventory(roots.base), inventory(roots.ours)];
    const choices = answersTo(roots, situation);
    const request = requestOf(roots, situation, choices);
    const applied = apply(roots, situation, choices);
    check({ roots, plan: applied.plan, applied, result: new Root(roots.theirs) });
    assert.deepEqual([inventory(roots.base), inventory(roots.ours)], before, 'base and ours are as they were');
    if (applied.status === 'waiting' || situation.seen !== undefined) return;
    const after = inventory(roots.theirs);
    const again = withTrees(system, request, (trees) => planMigration(system, trees, request).plan);
    assert.deepEqual(again.actions, [], 'a plan on the result finds nothing left to do');
    assert.equal(apply(roots, situation, choices).status, 'already-done');
    assert.deepEqual(inventory(roots.theirs), after, 'applying again changes nothing');
  });
}

/** Applies unattended. */
export function apply(roots: Roots, situation: Situation, choices: Choices = noChoices): Applied {
  const request = { ...requestOf(roots, situation, choices), unattended: true };
  return withTrees(system, request, (trees) => applyMigration(system, see(situation, trees), request));
}

/** What `migrate plan` would be asked. */
export function requestOf(
  roots: Roots,
  { policy, reset }: Pick<Situation, 'policy' | 'reset'>,
  choices: Choices,
): MigrationRequest {
  return {
    base: roots.base,
    old: roots.ours,
    new: roots.theirs,
    policyFiles: policy === undefined ? null : [{ name: 'test.policy', text: policy }],
    choices,
    reset,
    onProgress: () => undefined,
  };
}

function see({ seen }: Situation, trees: Trees): Trees {
  return seen === undefined ? trees : seen(trees);
}

/** A person reads the plan and answers it. */
function answersTo(roots: Roots, situation: Situation): Choices {
  const answers = Object.entries(situation.answers ?? {});
  if (answers.length === 0) return noChoices;
  const request = requestOf(roots, situation, noChoices);
  const { items } = withTrees(system, request, (trees) => planMigration(system, trees, request).plan);
  return new Map(
    answers.map(([key, resolution]) => [key, { fingerprint: itemOf(items, key).fingerprint, resolution }]),
  );
}

/** The one decision on a path. */
export function decisionOf({ decisions }: Plan, path: string): Decision {
  const found = decisions.filter((decision) => decision.path === path);
  const [decision] = found;
  assert.ok(decision !== undefined && found.length === 1, `${found.length} decisions on ${path}`);
  return decision;
}

/** Decisions by their paths. */
export function decisions(plan: Plan): Record<string, string> {
  assert.equal(new Set(plan.decisions.map(({ path }) => path)).size, plan.decisions.length, 'one decision a path');
  return Object.fromEntries(plan.decisions.map(({ path, decision }) => [path, decision]));
}

/** The keys of all items. */
export function itemKeys({ items }: Plan): string[] {
  return items.map(({ key }) => key);
}

export function itemOf(items: readonly Item[], key: string): Item {
  const item = items.find((candidate) => candidate.key === key);
  assert.ok(item !== undefined, `no item ${key} among ${items.map((other) => other.key).join(', ')}`);
  return item;
}

/** Looks at a tree by Node's own means, attributes apart that Node does not know. */
export class Root {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  exists(path: string): boolean {
    return lstatSync(hostPath(this.directory, path), { throwIfNoEntry: false }) !== undefined;
  }

  stat(path: string): Stats {
    return lstatSync(hostPath(this.directory, path));
  }

  /** Permission bits with setuid, setgid and sticky, in octal. */
  mode(path: string): string {
    return (this.stat(path).mode & 0o7777).toString(8);
  }

  owner(path: string): [number, number] {
    const { uid, gid } = this.stat(path);
    return [uid, gid];
  }

  /** Nanoseconds since the epoch. */
  mtime(path: string): bigint {
    return lstatSync(hostPath(this.directory, path), { bigint: true }).mtimeNs;
  }

  text(path: string): string {
    return readFileSync(hostPath(this.directory, path), 'latin1');
  }

  target(path: string): string {
    return readlinkSync(hostPath(this.directory, path), { encoding: 'latin1' });
  }

  names(path: string): string[] {
    return namesIn(hostPath(this.directory, path));
  }

  /** Values of extended attributes by name. */
  xattrs(path: string): Record<string, string> {
    return Object.fromEntries(this.#entry(path).xattrs.map(({ name, value }) => [name, value]));
  }

  hasFlag(path: string, flag: keyof typeof inodeFlags): boolean {
    return (this.#entry(path).flags & inodeFlags[flag]) !== 0;
  }

  #entry(path: string): Entry {
    const files = openRoot(this.directory);
    try {
      const entry = files.entry(path);
      assert.ok(entry !== null, `nothing at ${path}`);
      return entry;
    } finally {
      files.close();
    }
  }
}

/** All that can be seen of a tree, a line a path, the change time included. */
export function inventory(root: string): string[] {
  const lines: string[] = [];
  collect(hostPath(root, '/'), '/', lines);
  return lines;
}

function collect(at: Buffer, path: string, lines: string[]): void {
  const { mode, uid, gid, size, ino, nlink, mtimeNs, ctimeNs } = lstatSync(at, { bigint: true });
  const content = (mode & 0o170000n) === 0o100000n && size < 65536n ? readFileSync(at, 'latin1') : '';
  lines.push([path, mode.toString(8), uid, gid, size, ino, nlink, mtimeNs, ctimeNs, content].join(' '));
  if ((mode & 0o170000n) !== 0o040000n) return;
  for (const name of namesIn(at)) {
    collect(Buffer.concat([at, Buffer.from(`/${name}`, 'latin1')]), `${path}/${name}`, lines);
  }
}
