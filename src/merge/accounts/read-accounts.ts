import type { ByteString } from '../../domain/bytes.ts';
import { nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Side, TreeView } from '../joint-strategy.ts';
import { backupOf, type Database, databases, onEach, pathOf, type Three } from './databases.ts';
import { parseTable, type Row, type Table } from './table.ts';

/** One of the files on one side. */
export type AccountFile = {
  /** Null where there is no regular file that can be read. */
  readonly content: ByteString | null;
  readonly table: Table | null;
  /** Whether something stands there that is no file, or cannot be read. */
  readonly unreadable: boolean;
  /** Whether it cannot be read: then the result has the image's, if anything. */
  readonly damaged: boolean;
};

export type AccountFiles = {
  readonly files: Readonly<Record<Database, AccountFile>>;
  readonly backups: Readonly<Record<Database, AccountFile>>;
};

/** The twelve files of each side. */
export function readAccounts(view: TreeView): Three<AccountFiles> {
  return onEach({ base: null, ours: null, theirs: null }, (_, side) => ({
    files: readAll(view, side, pathOf),
    backups: readAll(view, side, backupOf),
  }));
}

function readAll(view: TreeView, side: Side, at: (database: Database) => RootPath): Record<Database, AccountFile> {
  const read = (database: Database): AccountFile => readFile(view, side, database, at(database));
  return {
    passwd: read('passwd'),
    shadow: read('shadow'),
    group: read('group'),
    gshadow: read('gshadow'),
    subuid: read('subuid'),
    subgid: read('subgid'),
  };
}

function readFile(view: TreeView, side: Side, database: Database, path: RootPath): AccountFile {
  const entry = view.entry(side, path);
  const content = view.content(side, path);
  if (content !== null) return { content, table: parseTable(database, content), unreadable: false, damaged: false };
  // A name without an entry is one of which not even that can be read.
  const damaged = entry === null ? view.names(side, parentOf(path)).includes(nameOf(path)) : entry.type === 'file';
  return { content, table: null, unreadable: entry !== null || damaged, damaged };
}

/** The six tables of one side. */
export type Tables = Readonly<Record<Database, Table | null>>;

export function tablesOf({ files }: AccountFiles): Tables {
  const { passwd, shadow, group, gshadow, subuid, subgid } = files;
  return {
    passwd: passwd.table,
    shadow: shadow.table,
    group: group.table,
    gshadow: gshadow.table,
    subuid: subuid.table,
    subgid: subgid.table,
  };
}

/** Whether ours has all twelve files as base has them. */
export function isUntouched({ base, ours }: Three<AccountFiles>): boolean {
  return databases.every(
    (database) =>
      ours.files[database].content === base.files[database].content &&
      ours.backups[database].content === base.backups[database].content,
  );
}

/** The file of one database on all sides. */
export function eachFile(files: Three<AccountFiles>, database: Database): Three<AccountFile> {
  return onEach(files, (side) => side.files[database]);
}

/** One database on all sides. */
export function eachTable(tables: Three<Tables>, database: Database): Three<Table | null> {
  return onEach(tables, (side) => side[database]);
}

/** The rows of one name on all sides; a row of shadow or gshadow only where that side has the account itself. */
export function rowsOf(tables: Three<Tables>, database: Database, name: ByteString): Three<Row | undefined> {
  const account = database === 'group' || database === 'gshadow' ? 'group' : 'passwd';
  return onEach(tables, (side) =>
    side[account]?.rows.has(name) === true ? side[database]?.rows.get(name) : undefined,
  );
}
