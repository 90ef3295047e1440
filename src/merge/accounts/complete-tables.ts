import type { ByteString } from '../../domain/bytes.ts';
import type { Tables } from './read-accounts.ts';
import { emptyTable, namesByNumber, type Row, type Table, withRows } from './table.ts';

/** Fields of a row of shadow(5): name, password, six numbers, one reserved. */
const shadowFields = 9;
/** No password can match, no other way to log in is barred (shadow(5)). */
const locked = '!';

/**
 * Gives every primary group without a row one, named after a user that has it: a primary gid always names a group, so that
 * it can follow that name. Without a group database, which then says nothing, the table stays as it is.
 */
export function withPrimaryGroups(tables: Tables): Tables {
  const { passwd, group } = tables;
  if (passwd === null || group === null || group.rows.size === 0) return tables;
  const added = new Map<ByteString, Row>();
  const known = new Set(namesByNumber(group).keys());
  for (const [user, row] of passwd.rows) {
    const number = Number(row[3]);
    if (known.has(number)) continue;
    known.add(number);
    const name = [user, `group${number}`].find((candidate) => !group.rows.has(candidate) && !added.has(candidate));
    if (name !== undefined) added.set(name, [name, 'x', String(number), '']);
  }
  return added.size === 0 ? tables : { ...tables, group: withRows(group, added) };
}

/**
 * Moves passwords that stand in passwd or group into shadow or gshadow where the account has no row there, as pwconv(8)
 * and grpconv(8) do: one side may have shadow and the other not, and they are merged in one form.
 */
export function withShadowRows(tables: Tables, has: { readonly shadow: boolean; readonly gshadow: boolean }): Tables {
  const users = has.shadow ? shadowed(tables.passwd, tables.shadow, (row) => newShadowRow(row)) : null;
  const groups = has.gshadow ? shadowed(tables.group, tables.gshadow, (row) => newGshadowRow(row)) : null;
  return { ...tables, ...(users && { passwd: users.open, shadow: users.shadow }), ...gshadowOf(groups) };
}

function gshadowOf(groups: { open: Table; shadow: Table } | null): Partial<Tables> {
  return groups === null ? {} : { group: groups.open, gshadow: groups.shadow };
}

function shadowed(
  open: Table | null,
  shadow: Table | null,
  make: (row: Row) => Row,
): { open: Table; shadow: Table } | null {
  if (open === null) return null;
  const moved = [...open.rows].filter(([name, row]) => row[1] !== 'x' && shadow?.rows.has(name) !== true);
  if (moved.length === 0) return null;
  const rows = new Map(open.rows);
  for (const [name, row] of moved) rows.set(name, row.with(1, 'x'));
  const added = new Map(moved.map(([name, row]) => [name, make(row)]));
  return { open: { ...open, rows }, shadow: withRows(shadow ?? emptyTable, added) };
}

/** A row of shadow for a row of passwd: with its password, or locked where the password was to be in shadow. */
export function newShadowRow([name = '', password = '']: Row): Row {
  return [name, passwordOf(password), ...Array.from({ length: shadowFields - 2 }, () => '')];
}

/** A row of gshadow for a row of group: with its password, without administrators, with its members. */
export function newGshadowRow([name = '', password = '', , members = '']: Row): Row {
  return [name, passwordOf(password), '', members];
}

function passwordOf(field: ByteString): ByteString {
  return field === 'x' ? locked : field;
}
