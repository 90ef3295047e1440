import type { DeclaredClass, DeclaredVolume } from '../domain/declared-volume.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import { boundBranch, type VersionRecord } from '../domain/version.ts';
import type { VolumeClass } from '../domain/volume.ts';

/** The branch of a shared volume where no version uses another. */
export const sharedBranch = 'main';

/** What has to be done in the store for a version to have its volumes; in this order. */
export type BindingStep =
  | { readonly kind: 'create-volume'; readonly volume: string; readonly class: DeclaredClass }
  /** An empty branch, and then what lies at the mount point elsewhere. */
  | { readonly kind: 'create-branch'; readonly volume: string; readonly branch: string; readonly filledFrom: Filling }
  | { readonly kind: 'branch'; readonly volume: string; readonly branch: string; readonly from: string };

/**
 * Where a new branch has its first content from. `new`: the version's own root, in which the migration has made it from
 * what the images and the parent have there. `old`: the parent; what lay there before the volume was declared must not
 * vanish below it (case 120).
 */
export type Filling = { readonly root: 'old' | 'new'; readonly path: RootPath };

/** A volume of the store, as far as bindings go. */
export type StoredVolume = {
  readonly class: VolumeClass;
  readonly branches: readonly string[];
  /** Those of them that a boot has made for a version. */
  readonly filled: readonly string[];
};

export type BindingRequest = {
  /** The id of the new version. */
  readonly version: string;
  /** The version whose state it takes over; null for the first. */
  readonly parent: Pick<VersionRecord, 'id' | 'bindings'> | null;
  readonly declared: readonly DeclaredVolume[];
  /** The volumes that the store has, by name. */
  readonly stored: ReadonlyMap<string, StoredVolume>;
  /** Names of the volumes of which the migration has made the new content, at their mount points in the new root. */
  readonly migrated: ReadonlySet<string>;
  /** Names of those that a reset begins anew; their content lies at their mount points in the new root. */
  readonly anew: ReadonlySet<string>;
  /** Names of those for which the parent, which uses no branch of them, has content of its own at their mount points. */
  readonly inParent: ReadonlySet<string>;
};

export type Bindings = {
  readonly bindings: Readonly<Record<string, string>>;
  readonly steps: readonly BindingStep[];
  /** Volumes that the parent uses and that are declared no more; their branches stay, and nothing mounts them. */
  readonly undeclared: readonly string[];
};

/**
 * Which branch of each declared volume a new version uses. Bound per version: a branch of its own, called after it, with
 * what the migration made of the parent's, or with what that holds. Shared: the parent's; where that has its data in its own
 * root, one with this data, not the one that another version left. Begun anew: one of its own in
 * any case, whatever became of the parent's. Throws Failure `binding` where the store does not have what
 * the parent uses, or has something else under a name that is needed.
 */
export function bindVolumes({ version, parent, declared, stored, migrated, anew, inParent }: BindingRequest): Bindings {
  const bound = declared.map((volume) => {
    const known = stored.get(volume.name);
    if (known !== undefined && known.class !== volume.class) throw otherClass(volume, known);
    if (anew.has(volume.name)) return { volume, ...begin(volume, version, known) };
    const inherited = parent === null ? null : boundBranch(parent, volume.name);
    if (inherited !== null && known?.branches.includes(inherited) !== true) throw gone(volume, inherited, parent);
    const is = { isMigrated: migrated.has(volume.name), isInParent: inParent.has(volume.name) };
    return { volume, ...bindOne(volume, { version, inherited, known, ...is }) };
  });
  const names = new Set(declared.map(({ name }) => name));
  return {
    bindings: Object.fromEntries(bound.map(({ volume, branch }) => [volume.name, branch])),
    steps: bound.flatMap(({ steps }) => steps),
    undeclared: Object.keys(parent?.bindings ?? {}).filter((name) => !names.has(name)),
  };
}

type Bound = { readonly branch: string; readonly steps: readonly BindingStep[] };

type Binding = {
  readonly version: string;
  readonly inherited: string | null;
  readonly known: StoredVolume | undefined;
  readonly isMigrated: boolean;
  readonly isInParent: boolean;
};

function bindOne(volume: DeclaredVolume, { version, inherited, known, isMigrated, isInParent }: Binding): Bound {
  const { name, mountPoint, binding } = volume;
  // The parent goes on from its own root; what another version was given since, and wrote, is that one's.
  if (binding === 'shared' && isInParent && inherited === null && known?.filled.includes(sharedBranch) === true) {
    return newBranch(volume, version, known);
  }
  const existing = inherited ?? (known?.branches.includes(sharedBranch) === true ? sharedBranch : null);
  if (binding === 'shared' && existing !== null) return { branch: existing, steps: [] };
  const branch = binding === 'shared' ? sharedBranch : version;
  if (known?.branches.includes(branch) === true) throw taken(volume, branch);
  const ownRoot = isMigrated && binding === 'version' && existing === inherited;
  if (existing !== null && !ownRoot)
    return { branch, steps: [{ kind: 'branch', volume: name, branch, from: existing }] };
  return { branch, steps: created(volume, branch, known, { root: ownRoot ? 'new' : 'old', path: mountPoint }) };
}

/** A branch of its own with what the parent's root has. */
function newBranch(volume: DeclaredVolume, branch: string, known: StoredVolume): Bound {
  if (known.branches.includes(branch)) throw taken(volume, branch);
  return { branch, steps: created(volume, branch, known, { root: 'old', path: volume.mountPoint }) };
}

/** A branch that no version had before. */
function begin(volume: DeclaredVolume, branch: string, known: StoredVolume | undefined): Bound {
  if (known?.branches.includes(branch) === true) throw taken(volume, branch);
  return { branch, steps: created(volume, branch, known, { root: 'new', path: volume.mountPoint }) };
}

function created(
  { name, class: volumeClass }: DeclaredVolume,
  branch: string,
  known: StoredVolume | undefined,
  filledFrom: Filling,
): BindingStep[] {
  const create: BindingStep = { kind: 'create-branch', volume: name, branch, filledFrom };
  return known === undefined ? [{ kind: 'create-volume', volume: name, class: volumeClass }, create] : [create];
}

function otherClass({ name, class: declared, source }: DeclaredVolume, known: StoredVolume): Failure {
  return bindingFailure(
    `Cannot bind the volume ${name}: ${source.file}, line ${source.line} declares it as ${declared}, and the store has it as ${known.class}`,
    `Declare it with class=${known.class}, or under another name`,
  );
}

function gone({ name }: DeclaredVolume, branch: string, parent: BindingRequest['parent']): Failure {
  return bindingFailure(
    `Cannot bind the volume ${name}: ${parent?.id} uses its branch ${branch}, and the store does not have that`,
    'Run migrate volume fsck, which tells what is missing',
  );
}

function taken({ name }: DeclaredVolume, branch: string): Failure {
  return bindingFailure(
    `Cannot make the branch ${branch} of the volume ${name}: there is one of that name already`,
    'Remove it, or give the version another id',
  );
}

function bindingFailure(message: string, advice: string): Failure {
  return new Failure({ code: 'binding', kind: 'failed', message, advice });
}
