import type { RootPath } from '../domain/path.ts';
import type { VersionRecord } from '../domain/version.ts';

/** A version to be made, and the one whose state it takes over. */
export type VersionToMake = { readonly version: VersionRecord; readonly parent: VersionRecord | null };

/** Where the roots of a migration are; `new` holds the image as delivered. */
export type RootsToMigrate = { readonly base: string | null; readonly old: string; readonly new: string };

/** A volume, and where a root mounts it. */
export type VolumeInRoot = { readonly name: string; readonly mountPoint: RootPath };
