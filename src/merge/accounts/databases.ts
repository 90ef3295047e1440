import type { RootPath } from '../../domain/path.ts';

/** The files that together say which accounts there are: passwd(5), shadow(5), group(5), gshadow(5), subuid(5), subgid(5). */
export const databases = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'] as const;

export type Database = (typeof databases)[number];

/** Those whose rows have a name as their key; a name may own several ranges of subordinate numbers. */
export type Keyed = Exclude<Database, 'subuid' | 'subgid'>;

export function isKeyed(database: Database): database is Keyed {
  return database !== 'subuid' && database !== 'subgid';
}

/** Something for base, ours and theirs each. */
export type Three<Value> = { readonly base: Value; readonly ours: Value; readonly theirs: Value };

export function pathOf(database: Database): RootPath {
  return `/etc/${database}`;
}

/** The file as it was before the last change by the tools of shadow-utils. */
export function backupOf(database: Database): RootPath {
  return `/etc/${database}-`;
}

/** Makes the same of each side. */
export function onEach<From, To>(three: Three<From>, make: (value: From, side: keyof Three<From>) => To): Three<To> {
  return { base: make(three.base, 'base'), ours: make(three.ours, 'ours'), theirs: make(three.theirs, 'theirs') };
}
