import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type FoundRun, findRun } from '../../src/apply/run-folder.ts';
import { noChoices } from '../../src/domain/choices.ts';
import type { RootPath } from '../../src/domain/path.ts';
import { type Applied, type ApplyRequest, applyMigration } from '../../src/flows/apply-migration.ts';
import { textDigest, withTrees } from '../../src/flows/plan-migration.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';
import type { Trees } from '../../src/tree/compare-trees.ts';
import { readTree } from '../property/read-tree.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { writeTree } from '../property/write-tree.ts';
import type { BusyTrees } from './busy-trees.ts';
import { type Interruption, interrupt, Killed } from './interruption.ts';

export const system: System = realSystem(['/bin/false']);

/** How a run ended that was to be cut off: with its outcome where it did not come so far. */
export type Cut = { readonly killed: boolean; readonly calls: number };

/** Three trees on a filesystem, of which the new one is made again for every run, always at the same path. */
export class Sandbox {
  readonly directory: string;
  readonly #specs: BusyTrees;
  readonly #newDirectory: string;
  #used = 0;

  /**
   * Base and ours come to lie in `directory`, unless they were put there before; so does the new root unless it gets a
   * place of its own.
   */
  constructor(directory: string, specs: BusyTrees, newDirectory: string = directory) {
    this.directory = directory;
    this.#newDirectory = newDirectory;
    this.#specs = specs;
    for (const side of ['base', 'ours'] as const) {
      if (!existsSync(join(directory, side))) fill(join(directory, side), specs[side]);
    }
  }

  /** The tree that is made into the result. */
  get resultDirectory(): string {
    return join(this.#newDirectory, 'new');
  }

  get oursDirectory(): string {
    return join(this.directory, 'ours');
  }

  request(changes: Partial<Omit<ApplyRequest, 'base'>> = {}): ApplyRequest & { readonly base: string } {
    return {
      base: join(this.directory, 'base'),
      old: this.oursDirectory,
      new: join(this.#newDirectory, 'new'),
      policyFiles: [{ name: 'all.policy', text: 'default persist\n' }],
      choices: noChoices,
      onProgress: () => undefined,
      unattended: true,
      ...changes,
    };
  }

  /** Puts the pristine image in the place of what the last run made. */
  renew(): void {
    const place = join(this.#newDirectory, 'new');
    if (this.#used > 0) renameSync(place, join(this.#newDirectory, `used-${this.#used}`));
    this.#used += 1;
    fill(place, this.#specs.theirs);
  }

  /** Runs on the three roots, opened anew as by another process. */
  using<Result>(use: (trees: Trees) => Result): Result {
    return withTrees(system, this.request(), use);
  }

  apply(changes: Partial<ApplyRequest> = {}): Applied {
    return this.using((trees) => applyMigration(system, trees, this.request(changes)));
  }

  /** Applies until the interruption. */
  applyUntil(interruption: Interruption, changes: Partial<ApplyRequest> = {}): Cut {
    return this.using((trees) => {
      const calls = interrupt(trees.theirs, interruption);
      try {
        applyMigration(system, trees, this.request(changes));
        return { killed: false, calls: calls() };
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        return { killed: true, calls: calls() };
      }
    });
  }

  /** Leaves a run that was cut off as soon as everything was prepared. */
  cutWhenPrepared(changes: Partial<ApplyRequest> = {}): void {
    for (let at = 1; this.state() !== 'prepared'; at += 1) {
      this.renew();
      if (!this.applyUntil({ at, moment: 'before' }, changes).killed) throw new Error('the run was never cut off');
    }
  }

  /** What the new root says of an earlier run. */
  state(): FoundRun['state'] {
    return this.using(({ theirs }) => findRun(theirs, textDigest(system)).state);
  }

  /** All of the new root, its record of the migration included. */
  read(): TreeNode {
    return this.using(({ theirs }) => readTree(theirs));
  }
}

/** Directories whose time is that of the run: the record of the migration is made in them. */
export const timeless: ReadonlySet<RootPath> = new Set([
  ...['/', '/var', '/var/lib', '/var/lib/migrate'],
  ...['/var/lib/migrate/plan.json', '/var/lib/migrate/ours.json', '/var/lib/migrate/outcome.json'],
]);

function fill(directory: string, tree: TreeNode): void {
  mkdirSync(directory);
  const files = system.openRoot(directory);
  try {
    writeTree(files, tree);
  } finally {
    files.close();
  }
}
