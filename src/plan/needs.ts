import type { ByteString } from '../domain/bytes.ts';
import type { Entry } from '../domain/entry.ts';
import type { RootPath } from '../domain/path.ts';
import type { OwnerNumbers, Side, TreeView } from '../merge/joint-strategy.ts';

/** Something that a joint strategy wants to see and nobody has read yet. */
export type Need =
  | { readonly kind: 'entry' | 'content' | 'decompressed' | 'names'; readonly side: Side; readonly path: RootPath }
  | { readonly kind: 'owners'; readonly side: Side }
  | { readonly kind: 'device'; readonly specification: ByteString };

/** What has been read, by `needKey`. */
export type Known = {
  readonly entries: Map<string, Entry | null>;
  readonly contents: Map<string, ByteString | null>;
  readonly decompressed: Map<string, ByteString | null>;
  readonly names: Map<string, readonly ByteString[]>;
  readonly owners: Map<string, OwnerNumbers>;
  readonly devices: Map<string, boolean>;
};

/** Nothing read yet. */
export function nothingKnown(): Known {
  return {
    entries: new Map(),
    contents: new Map(),
    decompressed: new Map(),
    names: new Map(),
    owners: new Map(),
    devices: new Map(),
  };
}

/** What tells one need from all others of its kind. */
export function needKey(need: Need): string {
  if (need.kind === 'device') return need.specification;
  return need.kind === 'owners' ? need.side : `${need.side}:${need.path}`;
}

const nobody: OwnerNumbers = { users: new Set(), groups: new Set() };

/** A view of what is known, which notes what is asked for besides. */
export function viewOf(known: Known): { readonly view: TreeView; readonly needs: ReadonlyMap<string, Need> } {
  const needs = new Map<string, Need>();
  function ask<Value>(from: ReadonlyMap<string, Value>, need: Need, absent: Value): Value {
    const key = needKey(need);
    const value = from.get(key);
    if (value !== undefined) return value;
    needs.set(`${need.kind} ${key}`, need);
    return absent;
  }
  const view: TreeView = {
    entry: (side, path) => ask(known.entries, { kind: 'entry', side, path }, null),
    content: (side, path) => ask(known.contents, { kind: 'content', side, path }, null),
    decompressed: (side, path) => ask(known.decompressed, { kind: 'decompressed', side, path }, null),
    names: (side, path) => ask(known.names, { kind: 'names', side, path }, []),
    owners: (side) => ask(known.owners, { kind: 'owners', side }, nobody),
    device: (specification) => ask(known.devices, { kind: 'device', specification }, false),
  };
  return { view, needs };
}
