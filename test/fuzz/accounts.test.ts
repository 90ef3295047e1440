import assert from 'node:assert/strict';
import { parseTable } from '../../src/merge/accounts/table.ts';
import { imageOf } from '../merge/accounts/debian.ts';
import { decideOnce } from '../merge/accounts/machine.ts';
import { fuzz } from './fuzz.ts';

const base = imageOf('bookworm');
const theirs = imageOf('trixie');
const names = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'passwd-'];
/** Between the files of one machine. */
const separator = '\f';

fuzz({
  name: 'accounts',
  seeds: [
    names.map((name) => base[name] ?? 'alice:100000:65536\n').join(separator),
    ['root:x:0:0::/:\nbob:x:1:1::/:\n', 'root:*:1:\n', 'root:x:0:bob\n', '', 'bob:1:1\n', ''].join(separator),
  ],
  words: [
    ':',
    '::',
    ',',
    '\n',
    '\r\n',
    '+',
    '-',
    '#',
    'root',
    'bob:x:0:0:',
    '\0',
    '\xff',
    separator,
    '__proto__:x:5:5::/:\n',
  ],
  attempt(input) {
    const parts = input.split(separator);
    const ours = Object.fromEntries(names.map((name, index) => [name, parts[index] ?? '']));
    const { etc, items } = decideOnce({ base, ours, theirs });
    const passwd = parseTable('passwd', etc['passwd'] ?? '');
    const group = parseTable('group', etc['group'] ?? '');
    assert.ok(passwd.rows.has('root') && group.rows.has('root'), 'root is there');
    assert.deepEqual([...passwd.repeated, ...group.repeated], [], 'no name twice');
    for (const name of parseTable('passwd', ours['passwd'] ?? '').rows.keys()) assert.ok(passwd.rows.has(name), name);
    const numbers = new Set([...group.rows.values()].map((row) => Number(row[2])));
    for (const row of passwd.rows.values()) assert.ok(numbers.has(Number(row[3])), `the primary group of ${row[0]}`);
    const shadow = parseTable('shadow', etc['shadow'] ?? '');
    assert.deepEqual(
      [...shadow.rows.keys()].toSorted(),
      [...passwd.rows.keys()].toSorted(),
      'a row of shadow for each',
    );
    return `${items.map(({ key }) => key.split(':')[0]).join(' ')} ${passwd.rows.size} ${group.lines.length}`;
  },
});
