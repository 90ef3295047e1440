import type { ByteString } from './bytes.ts';
import type { Entry } from './entry.ts';
import type { RootPath } from './path.ts';

/** What stands at one path in each of the three trees; null where nothing does. */
export type Triple = {
  readonly base: Entry | null;
  readonly ours: Entry | null;
  readonly theirs: Entry | null;
};

/** Which sides hold equal content, where both are regular files; false where either is not. */
export type ContentEquality = {
  readonly baseOurs: boolean;
  readonly baseTheirs: boolean;
  readonly oursTheirs: boolean;
};

/** The contents of one path on each side; null where that side has no regular file there. */
export type Contents = {
  readonly base: ByteString | null;
  readonly ours: ByteString | null;
  readonly theirs: ByteString | null;
};

/** One path and all that deciding needs to know of it, but contents to merge. */
export type PathFacts = Triple & {
  readonly path: RootPath;
  readonly sameContent: ContentEquality;
  /**
   * `changed`: ours differs from base. `pinned`: a rule wants it although it does not differ. `context`: neither; it is
   * a directory above such a path, or it lies inside a directory that exists on one side only.
   */
  readonly role: 'changed' | 'pinned' | 'context';
  /** Present where theirs is to have other numbers of owners than it has on the disk (cases 45, 47). */
  readonly reowned?: true;
};

/**
 * A place where a tree is not one filesystem, or holds another root of the migration (case 31): what lies below was not
 * looked at (case 121). A mount may also stand on a file.
 */
export type Boundary = {
  readonly path: RootPath;
  readonly side: 'base' | 'ours' | 'theirs';
  readonly kind: 'mount' | 'subvolume' | 'root';
  /** Whether nothing is in it, as far as can be seen. */
  readonly empty: boolean;
  /** Present where ours' own /etc/fstab mounts something there, whether it is mounted now or not. */
  readonly declared?: true;
};

/** A path that could not be read; the rest was (case 8). */
export type Unreadable = {
  readonly path: RootPath;
  readonly side: 'base' | 'ours' | 'theirs';
  /** The kernel's name of the error, such as `EIO`. */
  readonly code: string;
  readonly call: string;
};

/** What comparing the three trees found. Paths in the order of a walk (`comparePaths`), each once. */
export type TreeFacts = {
  readonly paths: readonly PathFacts[];
  readonly boundaries: readonly Boundary[];
  readonly unreadable: readonly Unreadable[];
  /** Entries that were looked at, for progress and measure. */
  readonly scanned: number;
};
