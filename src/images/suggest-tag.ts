import type { ImageFacts } from './image-facts.ts';

/** Of a name of the store: letters, digits, and these. */
const strange = /[^A-Za-z0-9._+:-]+/g;

/**
 * A name for the image's tag: its own name and version where it says them, else the system's, with the first twelve
 * digits of the image's digest, as two images of one release have the same.
 */
export function suggestTag({ id, versionId, imageId, imageVersion }: ImageFacts, digest: string | null): string {
  const name = imageId || id || 'image';
  const isOwn = imageId !== '' && imageVersion !== '';
  const parts = [name, imageVersion || versionId, isOwn || digest === null ? '' : digest.slice(0, 12)];
  const tag = parts
    .filter(Boolean)
    .join('-')
    .replace(strange, '-')
    .replace(/\.{2,}/g, '.');
  const plain = tag
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 120)
    .replace(/(?:\.json|\.partial|[^A-Za-z0-9])+$/, '');
  return plain === '' ? 'image' : plain;
}
