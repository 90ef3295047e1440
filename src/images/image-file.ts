import type { ByteString } from '../domain/bytes.ts';

/** A file of this machine that holds an image: its absolute path, and its size in bytes. */
export type ImageFile = { readonly path: ByteString; readonly size: number };
