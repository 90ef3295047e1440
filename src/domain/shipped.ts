import type { ByteString } from './bytes.ts';
import type { FileType } from './entry.ts';

/** Ways to digest a file that package databases use. */
export type DigestAlgorithm = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** A digest of a regular file's content, lower-case hexadecimal. */
export type Digest = { readonly algorithm: DigestAlgorithm; readonly hex: string };

/** What a package database says of a path as it was delivered. */
export type Shipped = {
  /** Of a regular file; null where the database has none. */
  readonly digest: Digest | null;
  /** Where a symbolic link points; null where the database does not say. */
  readonly target: ByteString | null;
  /** Null where the database does not say: dpkg's never does. */
  readonly attributes: ShippedAttributes | null;
  /** A tool of the packages made it, and nobody chose otherwise: what is there is what was delivered. */
  readonly generated?: true;
};

/** Type, permission bits and the names of the owners. */
export type ShippedAttributes = {
  readonly type: FileType;
  readonly mode: number;
  readonly user: ByteString;
  readonly group: ByteString;
};

/** What a path is to its package: a setting, or something that is made while the package is used. */
export type PackageFileClass = 'configuration' | 'ghost';
