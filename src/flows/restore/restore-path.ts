import { displayBytes } from '../../domain/bytes.ts';
import { ancestorsOf, type RootPath } from '../../domain/path.ts';
import { typedPaths } from '../../domain/typed-path.ts';
import { displayPlace } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Files } from '../../system/files.ts';
import { normalizedPath } from '../explain-rule.ts';
import { lockInStore } from '../lock-in-store.ts';
import { withRoot } from '../with-root.ts';
import { makeParents } from './make-parents.ts';
import { ownersByName } from './owners-by-name.ts';
import { type Placed, putInPlace } from './put-in-place.ts';
import { requireReplaceable } from './replaceable.ts';
import { failure } from './restore-failure.ts';
import { type Side, sourceOf } from './source-of.ts';
import type { OnRestoreProgress } from './tally.ts';

export type RestoreRequest = {
  readonly path: string;
  /** A version, an image, or another branch or tag of the store. */
  readonly from: string;
  /** Whose of the migration that made the version; null for the version's own. */
  readonly what: Side | null;
  /** The system that it is restored to, and where in it; null for the same path. */
  readonly root: string;
  readonly to: string | null;
  /** Whether what stands there is replaced, and kept elsewhere. */
  readonly force: boolean;
  readonly onProgress: OnRestoreProgress;
};

export type Restored = Placed & {
  /** The branch or tag that it came from, and where it lies in it. */
  readonly from: string;
  readonly path: RootPath;
  /** Where it is now. */
  readonly to: RootPath;
};

/**
 * Copies a file, link or directory of a version back, owned by whom the names say. What is at the place is complete at any
 * moment: as before, or as restored. Throws Failure `no-object`, `no-root`, `no-side`, `nothing-there`, `no-directory`,
 * `exists`, `locked` or `busy`; then nothing was changed.
 */
export function restorePath(place: StorePlace, request: RestoreRequest): Restored {
  const { system } = place;
  return readStore(place, (store) => {
    const source = sourceOf(store, request);
    return store.backend.withContent(source, { writable: false }, (directory) =>
      withRoot(system, directory, (from) =>
        withRoot(system, request.root, (to) => {
          const path = pathIn(from, request, displayPlace(source));
          const target = request.to === null ? path : normalizedPath(typedPaths(request.to)[0] ?? '');
          const trees = { from, to, path, target, owners: ownersByName(from, to) };
          const placed = withLock(place, () => {
            const before = to.entry(target);
            if (before !== null) requireReplaceable(to, target, before, request.force);
            makeParents(trees, request.to !== null);
            return putInPlace(system, trees, before, request.onProgress);
          });
          return { from: displayPlace(source), path, to: target, ...placed };
        }),
      ),
    );
  });
}

const lockFile = '/restoring.lock';

/** Of the restores from one store one runs at a time. */
function withLock<Result>(place: StorePlace, run: () => Result): Result {
  const what = { file: lockFile, code: 'restore-running', message: 'Cannot restore: another restore is running' };
  const release = lockInStore(place, what);
  try {
    return run();
  } finally {
    release();
  }
}

/** The first of the paths that can be meant and that is there. */
function pathIn(from: Files, { path: word }: RestoreRequest, name: string): RootPath {
  const paths = typedPaths(word).map(normalizedPath);
  const path = paths.find((meant) => from.status(meant) !== null);
  if (path === '/') {
    throw failure('whole-root', 'Cannot restore /: that is a whole system', 'migrate rollback goes back to a version');
  }
  if (path !== undefined) return path;
  const link = ancestorsOf(paths[0] ?? '/').find((above) => from.status(above)?.type === 'symlink');
  const target = link === undefined ? '' : displayBytes(from.entry(link)?.target ?? '');
  throw failure(
    'nothing-there',
    `Cannot restore ${word} from ${name}: nothing stands there`,
    link === undefined
      ? `See what its migration did with it: migrate log --path ${word}`
      : `${displayBytes(link)} is a link to ${target}: name the path behind it`,
  );
}
