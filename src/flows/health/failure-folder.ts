import { childOf, type RootPath } from '../../domain/path.ts';

/** Below which a store keeps what is known of starts that did not come to be good. */
export const failures: RootPath = '/failures';

/** The same of the starts of one version. */
export function failureFolder(version: string): RootPath {
  return childOf(failures, version);
}
