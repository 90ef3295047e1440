import { displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { Item, ItemDraft } from '../domain/item.ts';
import type { Rule } from '../domain/policy.ts';
import type { Reset } from '../domain/reset.ts';
import { findLocalPackages, type LocalPackages } from '../packages/local-packages.ts';
import type { InstalledPackage, PackageDatabase } from '../packages/package-database.ts';
import { compilePolicy, type Policy } from '../policy/compile.ts';
import { withRules } from '../policy/order.ts';
import { resetPolicy } from '../policy/reset.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import type { Trees } from '../tree/compare-trees.ts';
import { loadPolicy, type NamedPolicy } from './load-policy.ts';
import { loadVolumes, volumeDirectories } from './load-volumes.ts';
import { raiseLocalPackages } from './local-package-items.ts';
import { packageClassRules } from './package-class-rules.ts';
import { databasesOf, packagesIn } from './packages-of.ts';
import { pendingPackages } from './pending-packages.ts';

/** The package databases of the trees; none for a base that is not there. */
export type Databases = Readonly<Record<keyof Trees, readonly PackageDatabase[]>>;

/** Where the rules of a migration come from. */
export type PolicySources = { readonly policyFiles: readonly NamedPolicy[] | null; readonly reset?: Reset | undefined };

/** The policy that rules a migration: the image's and the machine's, or the one named in their place; less by a reset. */
export function policyFor(
  system: System,
  { ours, theirs }: Pick<Trees, 'ours' | 'theirs'>,
  sources: PolicySources,
): Policy {
  const databases = { ours: databasesOf(ours, system), theirs: databasesOf(theirs, system) };
  return compile({ ours, theirs }, databases, { ...sources, added: [] }).policy;
}

/** The policy of a migration with what the packages of the trees add to it, and what a person should know of them. */
export function migrationPolicy(
  trees: Trees,
  databases: Databases,
  request: PolicySources & { readonly hasBase: boolean; readonly complete: (draft: ItemDraft) => Item },
): { readonly policy: Policy; readonly items: readonly Item[] } {
  const { complete, reset } = request;
  // What a reset takes back is wanted gone.
  const local = reset === undefined ? localPackages(trees, databases, request) : nothingLocal;
  const { policy, problem, unruled } = compile(trees, databases, { ...request, added: local.rules });
  const unread = local.problem ?? problem;
  const drafts = [
    ...(unread === null ? [] : [unreadDraft(unread)]),
    ...(unruled === null ? [] : [unruledDraft(unruled)]),
  ];
  return { policy, items: [...local.items, ...drafts.map(complete)] };
}

type Compiled = {
  readonly policy: Policy;
  /** Why the packages are not known. */
  readonly problem: Failure | null;
  /** Why the machine's own rules are not followed. */
  readonly unruled: Failure | null;
};

function compile(
  { ours, theirs }: Pick<Trees, 'ours' | 'theirs'>,
  databases: Pick<Databases, 'ours' | 'theirs'>,
  { policyFiles, reset, added }: PolicySources & { readonly added: readonly Rule[] },
): Compiled {
  const packages = packagesIn([...databases.ours, ...databases.theirs]);
  const { rules: loaded, unruled } = rulesFor({ theirs, ours, policyFiles }, reset);
  const rules = withRules(loaded, added);
  const plain = compilePolicy(rules, packages);
  const { value, problem } = attempt(() => packageClassRules(plain, databases), []);
  const policy = value.length === 0 ? plain : compilePolicy(withRules(rules, value), packages);
  if (reset === undefined) return { policy, problem, unruled };
  // Whatever is mounted where, the others take back all of it.
  const volumes = reset.mode === 'config' ? loadVolumes({ theirs, ours }) : [];
  return { policy: resetPolicy(policy, { reset: withDeclarations(reset), packages, volumes }), problem, unruled };
}

type Rules = { readonly rules: readonly Rule[]; readonly unruled: Failure | null };

/** A machine may be reset for its own rules: where they cannot be read, the image's are enough to go back to it. */
function rulesFor(sources: Parameters<typeof loadPolicy>[0], reset: Reset | undefined): Rules {
  if (reset === undefined) return { rules: loadPolicy(sources), unruled: null };
  const { value, problem } = attempt(() => loadPolicy(sources), null);
  return value === null
    ? { rules: loadPolicy({ ...sources, ours: null }), unruled: problem }
    : { rules: value, unruled: null };
}

/** Data that only the machine declares would be mounted nowhere without its declaration. */
export function withDeclarations(reset: Reset): Reset {
  if (reset.mode === 'total') return reset;
  return { ...reset, keep: [...reset.keep, `${volumeDirectories.machine}/**`] };
}

type Local = { readonly items: readonly Item[]; readonly rules: readonly Rule[]; readonly problem: Failure | null };
type Raising = { readonly hasBase: boolean; readonly complete: (draft: ItemDraft) => Item };

const nothingLocal: Local = { items: [], rules: [], problem: null };

function localPackages(trees: Trees, databases: Databases, { hasBase, complete }: Raising): Local {
  const { value, problem } = attempt(() => findLocal(trees, databases, hasBase), null);
  if (value === null) return { ...nothingLocal, problem };
  return { ...raiseLocalPackages(value.packages, { hasBase: value.hasBase, complete }), problem };
}

type Found = { readonly packages: LocalPackages; readonly hasBase: boolean };

/**
 * Null where no package came to the machine since its image was made: then no database is read. An image without a
 * database of ours' kind, or with an empty one, tells nothing of what it has.
 */
function findLocal(trees: Trees, databases: Databases, hasBase: boolean): Found | null {
  const pending = pendingPackages(trees.ours);
  const changed = databases.ours.filter((database) => !hasBase || isChanged(database, trees));
  const comparable = changed.filter(({ kind }) => installedIn(databases.theirs, kind).length > 0);
  if (comparable.length === 0 && pending.length === 0) return null;
  const all = (side: keyof Trees) => comparable.flatMap(({ kind }) => installedIn(databases[side], kind));
  const isKnown = comparable.every(({ kind }) => installedIn(databases.base, kind).length > 0);
  const ours = all('ours');
  const installed = new Set(ours.map(({ name }) => name));
  const packages = findLocalPackages({
    ours: [...ours, ...pending.filter(({ name }) => !installed.has(name))],
    base: isKnown ? all('base') : null,
    theirs: databases.theirs.flatMap((database) => database.installed()),
  });
  return { packages, hasBase: isKnown };
}

function installedIn(
  databases: readonly PackageDatabase[],
  wanted: PackageDatabase['kind'],
): readonly InstalledPackage[] {
  return databases.filter(({ kind }) => kind === wanted).flatMap((database) => database.installed());
}

function isChanged({ file }: PackageDatabase, { base, ours }: Trees): boolean {
  return !isFile(base, file) || !base.sameContent(file, ours, file);
}

function isFile(files: Files, path: string): boolean {
  return files.status(path)?.type === 'file';
}

/** A database that cannot be read costs what it would have told, and not the migration. */
function attempt<Value>(
  read: () => Value,
  otherwise: Value,
): { readonly value: Value; readonly problem: Failure | null } {
  try {
    return { value: read(), problem: null };
  } catch (error) {
    if (error instanceof Failure) return { value: otherwise, problem: error };
    throw error;
  }
}

function unruledDraft({ code, message }: Failure): ItemDraft {
  return {
    kind: 'policy-unread',
    subject: '/',
    paths: [],
    severity: 'warning',
    blocks: 'nothing',
    title: "The machine's own rules cannot be read: what is kept is told by those of the image",
    detail: displayBytes(message),
    resolutions: [],
    facts: [code],
  };
}

function unreadDraft({ code, message }: Failure): ItemDraft {
  return {
    kind: 'packages-unread',
    subject: '/',
    paths: [],
    severity: 'warning',
    blocks: 'nothing',
    title:
      'A package database cannot be read: packages that were installed here, and settings outside /etc, are not known',
    detail: displayBytes(message),
    resolutions: [],
    facts: [code],
  };
}
