import { bytesToJson, displayBytes } from '../domain/bytes.ts';
import type { ObjectDiff } from '../flows/volumes/diff-objects.ts';
import { columnOf } from './columns.ts';
import { type Console, paint } from './console.ts';
import { countOf } from './quantities.ts';

/** The same for programs. */
export function objectDiffDocument({ changes, boundaries, unreadable, native }: ObjectDiff): object {
  const withPath = <Row extends { readonly path: string }>(row: Row): object => ({
    ...row,
    path: bytesToJson(row.path),
  });
  return {
    schema: 'migrate.volume-diff/1',
    native,
    changes: changes.map(withPath),
    boundaries: boundaries.map(withPath),
    unreadable: unreadable.map(withPath),
  };
}

const styles = { added: 'green', deleted: 'red', modified: 'cyan', type: 'yellow', none: 'dim' } as const;

/** Changes between two branches or tags, for a person. */
export function renderObjectDiff({ changes, boundaries, unreadable }: ObjectDiff, console: Console): string {
  const width = columnOf(changes.map(({ path }) => displayBytes(path)));
  const lines = changes.map(({ path, change, differs }) => {
    const what = differs.length === 0 ? '' : `  (${differs.map(displayBytes).join(', ')})`;
    return `${paint(console, styles[change], change.padEnd(9))} ${displayBytes(path).padEnd(width)}${what}`.trimEnd();
  });
  const inside = boundaries.map(({ path, kind }) => `${kind.padEnd(9)} ${displayBytes(path)}  not looked into`);
  const unread = unreadable.map(({ path, code, call }) => `unreadable ${displayBytes(path)}  ${call}: ${code}`);
  return `${[...lines, ...inside, ...unread, countOf(changes.length, 'change')].join('\n')}\n`;
}
