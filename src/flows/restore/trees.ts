import type { RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import type { OwnersByName } from './owners-by-name.ts';

/** What a restore works with: what is restored from where, and where to. */
export type Trees = {
  readonly from: Files;
  readonly to: Files;
  readonly path: RootPath;
  readonly target: RootPath;
  readonly owners: OwnersByName;
};
