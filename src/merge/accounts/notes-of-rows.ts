import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import type { Item, ItemDraft } from '../../domain/item.ts';
import { type Database, pathOf } from './databases.ts';
import type { Conflict } from './merge-table.ts';

/** What an item of accounts says; it has no resolutions, nothing waits for it, and it never shows a password's hash. */
export type Note = Pick<ItemDraft, 'kind' | 'subject' | 'severity' | 'title' | 'detail' | 'facts' | 'paths'>;

export function itemOfNote(note: Note, settle: (draft: ItemDraft) => Item): Item {
  return settle({ ...note, blocks: 'nothing', resolutions: [] });
}

const fieldNames: Readonly<Partial<Record<Database, readonly string[]>>> = {
  passwd: ['name', 'password', 'number', 'primary group', 'comment', 'home directory', 'shell'],
  shadow: [
    'name',
    'password',
    'date of the last password change',
    'minimum age of the password',
    'maximum age of the password',
    'warning period',
    'inactivity period',
    'expiry date',
    'reserved field',
  ],
  group: ['name', 'password'],
  gshadow: ['name', 'password'],
};

/** Fields of an account that both sides changed differently. */
export function conflictNote({ database, name, fields }: Conflict): Note {
  const changed = fields.map((field) => fieldNames[database]?.[field] ?? `field ${field + 1}`).join(', ');
  return {
    kind: 'account-conflict',
    subject: `${pathOf(database)}:${name}`,
    paths: [pathOf(database)],
    severity: 'warning',
    title: `${displayBytes(name)} in ${pathOf(database)} was changed here and in the image, differently: ${changed}`,
    detail: 'It stays as it is here',
    facts: fields,
  };
}

export function rootNotes(isMissing: boolean): Note[] {
  return noteOf('passwd', isMissing ? 1 : 0, {
    kind: 'account-root',
    severity: 'warning',
    title: 'This machine has no user root; the result has the one of the image, with its password',
    detail: 'A system does not work without it',
    facts: 'root',
  });
}

/** Rows whose account that side does not have (case 49). */
export function orphanNotes(database: Database, names: readonly ByteString[]): Note[] {
  return noteOf(database, names.length, {
    kind: 'account-orphan',
    severity: 'info',
    title: `${pathOf(database)} has rows without an account, which are left out: ${list(names)}`,
    detail: 'Tools that add accounts of these names fail where such rows are left behind',
    facts: names,
  });
}

export function repeatedNotes(database: Database, names: readonly ByteString[]): Note[] {
  return noteOf(database, names.length, {
    kind: 'account-repeated',
    severity: 'warning',
    title: `${pathOf(database)} has several rows of one name, of which only the first counts: ${list(names)}`,
    detail: 'The other rows are left out',
    facts: names,
  });
}

export function madeGroupNotes(names: readonly ByteString[]): Note[] {
  return noteOf('group', names.length, {
    kind: 'account-group-made',
    severity: 'info',
    title: `Groups are added, as users have them as primary groups and /etc/group does not name them: ${list(names)}`,
    detail: 'They have the numbers that stand in /etc/passwd',
    facts: names,
  });
}

export function damagedNotes(database: Database, isDamaged: boolean): Note[] {
  return noteOf(database, isDamaged ? 1 : 0, {
    kind: 'account-damaged',
    severity: 'warning',
    title: `${pathOf(database)} of this machine has no account; those of the image are there in their place`,
    detail: 'The file is missing or damaged. Numbers are those of the old image, where it is known',
    facts: database,
  });
}

export function unreadableNotes(database: Database, isUnreadable: boolean): Note[] {
  return noteOf(database, isUnreadable ? 1 : 0, {
    kind: 'account-file',
    severity: 'warning',
    title: `${pathOf(database)} is no regular file that can be read, so it is not merged row by row`,
    detail: 'It is treated like any other path',
    facts: database,
  });
}

/** A note on a database, where there is anything to say. */
export function noteOf(database: Database, count: number, note: Omit<Note, 'subject'>): Note[] {
  return count === 0 ? [] : [{ ...note, subject: pathOf(database) }];
}

/** Names for a person. */
export function list(names: readonly ByteString[]): string {
  return names.map(displayBytes).join(', ');
}
