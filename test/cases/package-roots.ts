import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Choices, noChoices } from '../../src/domain/choices.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { type Applied, type ApplyRequest, applyMigration } from '../../src/flows/apply-migration.ts';
import { type MigrationRequest, planMigration, withTrees } from '../../src/flows/plan-migration.ts';
import type { Trees } from '../../src/tree/compare-trees.ts';
import { type Roots, requestOf, system } from './migration.ts';

/** Runs with a directory for packages to be built in. */
export async function withWorkshop(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-packages-'));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

type Options = {
  readonly policy?: string;
  readonly base?: null;
  readonly choices?: Choices;
  readonly boot?: NonNullable<ApplyRequest['boot']>;
  /** Is shown the trees before they are used. */
  readonly seen?: (trees: Trees) => void;
};

function request(roots: Roots, { policy, base, choices = noChoices }: Options): MigrationRequest {
  const asked = requestOf(roots, policy === undefined ? {} : { policy }, choices);
  return base === null ? { ...asked, base } : asked;
}

/** Plans, with no base where `base` is null. */
export function planOf(roots: Roots, options: Options): Plan {
  const asked = request(roots, options);
  return withTrees(system, asked, (trees) => planMigration(system, trees, asked)).plan;
}

/** Applies unattended. */
export function applyTo(roots: Roots, options: Options): Applied {
  const { boot, seen } = options;
  const asked = { ...request(roots, options), unattended: true, ...(boot === undefined ? {} : { boot }) };
  return withTrees(system, asked, (trees) => {
    seen?.(trees);
    return applyMigration(system, trees, asked);
  });
}
