import { readFile } from 'node:fs/promises';
import { echoKernel } from './echo-kernel.ts';

/** What a version has beside the loader, by the names of the files. */
export type VersionFiles = (version: string) => ReadonlyMap<string, Uint8Array | string>;

/** A kernel that says how it was started; its initrds are texts that name the version, so that one sees whose were loaded. */
export async function echoFiles(): Promise<VersionFiles> {
  const kernel = await readFile((await echoKernel()).path);
  return (version) =>
    new Map<string, Uint8Array | string>([
      ['linux', kernel],
      ['initrd', `${version}:first `],
      ['second', `${version}:second `],
    ]);
}
