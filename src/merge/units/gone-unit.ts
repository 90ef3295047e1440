import { displayBytes } from '../../domain/bytes.ts';
import type { ItemDraft } from '../../domain/item.ts';
import { unitGoneItem } from '../../domain/local-package.ts';
import { nameOf, type RootPath } from '../../domain/path.ts';
import type { Link } from './links.ts';

/** A unit, by the path at which its file would lie in /etc, that was enabled here by these links and has no file now. */
export function goneDraft(unit: RootPath, lost: readonly Link[]): ItemDraft {
  return {
    kind: unitGoneItem,
    subject: unit,
    paths: lost.map(({ path }) => path),
    severity: 'warning',
    blocks: 'nothing',
    title: `${displayBytes(nameOf(unit))} was enabled here and is not in the new image`,
    detail:
      'The links that enabled it are not carried, as they would lead nowhere; with a package that is installed again it is enabled again',
    resolutions: [],
    facts: lost.map(({ path, target }) => [path, target]),
  };
}
