import type { LoaderKind } from './loader.ts';

/** A kind of loader, loaded where a machine has one: most commands never do. */
export type LoaderChoice = { readonly name: string; readonly load: () => Promise<LoaderKind> };
