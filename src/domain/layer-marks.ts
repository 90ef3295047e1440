import type { ByteString } from './bytes.ts';

/** The attributes of a layer by which overlayfs shows something else than what lies in it (Documentation/filesystems/overlayfs.rst). */
export const layerMarks = {
  /** A directory that hides what lies below it. */
  opaque: 'trusted.overlay.opaque',
  /** A directory that was renamed. */
  redirect: 'trusted.overlay.redirect',
  /** A file without its content. */
  metacopy: 'trusted.overlay.metacopy',
} as const;

const marks: ReadonlySet<ByteString> = new Set(Object.values(layerMarks));

/** Those of the names of attributes that are marks. */
export function marksAmong(names: readonly ByteString[]): ByteString[] {
  return names.filter((name) => marks.has(name));
}
