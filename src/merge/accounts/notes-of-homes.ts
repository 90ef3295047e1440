import { displayBytes } from '../../domain/bytes.ts';
import { isBelow, type RootPath } from '../../domain/path.ts';
import type { JointInput } from '../joint-strategy.ts';
import { pathOf } from './databases.ts';
import { type Note, noteOf } from './notes-of-rows.ts';
import type { Table } from './table.ts';

const homeField = 5;

/**
 * Homes that are carried while the policy, or a reset, lets the accounts go to which they belong. `result` is null where
 * users are merged, so that none goes.
 */
export function homeNotes(ours: Table | null, result: Table | null, { view, verdictOf }: JointInput): Note[] {
  if (ours === null || result === null) return [];
  const isCarried = (home: RootPath): boolean =>
    verdictOf(home).verb !== 'ignore' && (view.entry('ours', home)?.type === 'directory' || isBelow(home, '/home'));
  const homes = [...ours.rows]
    .filter(([name]) => !result.rows.has(name))
    .map(([name, row]) => ({ name, home: row[homeField] ?? '' }))
    .filter(({ home }) => home.startsWith('/') && home !== '/' && isCarried(home));
  const isReset = verdictOf(pathOf('passwd')).rule.source.file === 'reset';
  return noteOf('passwd', homes.length, {
    kind: 'account-home',
    severity: 'warning',
    title: `Homes stay whose accounts are not in the new version: ${homes.map(({ name, home }) => `${displayBytes(home)} (${displayBytes(name)})`).join(', ')}`,
    detail: `They belong to numbers without a name there. ${isReset ? '"--keep accounts" keeps' : 'A rule that carries /etc/passwd and its kin keeps'} the accounts of this machine`,
    facts: homes.map(({ name, home }) => [name, home]),
  });
}
