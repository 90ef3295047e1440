import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { readParagraphs } from './paragraphs.ts';

const statesFile: RootPath = '/var/lib/apt/extended_states';

/** Names of the packages that apt installed only because others need them (apt-mark(8)); null where it noted nothing. */
export function readAutomaticPackages(files: Files): ReadonlySet<ByteString> | null {
  if (files.status(statesFile)?.type !== 'file') return null;
  const automatic = readParagraphs(files, statesFile).filter(({ fields }) => fields.get('Auto-Installed') === '1');
  return new Set(automatic.flatMap(({ fields }) => fields.get('Package') ?? []));
}
