import type { Entry } from '../../src/domain/entry.ts';

/** A plain file's entry with some of it changed; `xattrs` as a record. */
export function entryOf(
  changes: Partial<Omit<Entry, 'xattrs'>> & { readonly xattrs?: Readonly<Record<string, string>> } = {},
): Entry {
  const { xattrs = {}, ...rest } = changes;
  return {
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: { seconds: 1, nanoseconds: 2 },
    inode: { device: 1, number: 1, links: 1 },
    flags: 0,
    xattrs: Object.entries(xattrs)
      .map(([name, value]) => ({ name, value }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...rest,
  };
}
