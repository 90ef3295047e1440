import { Failure } from '../../domain/failure.ts';
import type { ByteStream } from '../../system/streams.ts';
import { firstEntry } from './read-tar.ts';

/** What a layout has at its top (OCI image specification, "Image Layout"); `manifest.json` is Docker's. */
const parts = new Set(['blobs', 'index.json', 'oci-layout', 'manifest.json', 'repositories']);

/**
 * Whether an archive holds an OCI layout rather than a tree, by its first entry below the top: a system has none of these
 * names there. An archive that cannot be read is none: what is wrong with it is told where it is unpacked.
 */
export async function looksLikeLayout(archive: ByteStream): Promise<boolean> {
  try {
    const first = await firstEntry(archive);
    return first !== null && parts.has(first.path.split('/')[1] ?? '');
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
