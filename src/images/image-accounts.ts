import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import type { AccountNumber } from './acl-text.ts';
import { readInside } from './read-inside.ts';

const databases = { user: '/etc/passwd', group: '/etc/group' } as const;

/** The numbers of the accounts that the image itself has; its databases are read when they are first asked for. */
export function imageAccounts(files: Files): AccountNumber {
  const known = new Map<'user' | 'group', ReadonlyMap<ByteString, number>>();
  return (kind, name) => {
    const numbers = known.get(kind) ?? readDatabase(files, databases[kind]);
    known.set(kind, numbers);
    return numbers.get(name) ?? null;
  };
}

function readDatabase(files: Files, path: RootPath): ReadonlyMap<ByteString, number> {
  const numbers = new Map<ByteString, number>();
  for (const line of (readInside(files, path) ?? '').split('\n')) {
    const [name = '', , number = ''] = line.split(':');
    if (/^[0-9]{1,10}$/.test(number)) numbers.set(name, Number(number));
  }
  return numbers;
}
