import type { ByteString } from '../../domain/bytes.ts';
import { refused } from '../image-failure.ts';
import type { Blobs } from './blobs.ts';
import { type Descriptor, type Document, parseDocument } from './documents.ts';

/** Which of several images is meant: the one of the tag, for this architecture as registries name it. */
export type Choice = { readonly tag: string | null; readonly architecture: string };

export type Manifest = Extract<Document, { kind: 'manifest' }> & { readonly content: ByteString };

/** No index of indexes goes deeper. */
const deepest = 4;

/**
 * The manifest that an index leads to. Throws Failure `image-unknown` where it leads to none or to several, telling which
 * there are.
 */
export function findManifest(index: ByteString, blobs: Blobs, choice: Choice): Manifest {
  let content = index;
  for (let depth = 0; depth < deepest; depth++) {
    const document = parseDocument(content);
    if (document.kind === 'manifest') return { ...document, content };
    content = blobs.document(chosen(document.manifests, depth === 0 ? choice : { ...choice, tag: null }));
  }
  throw refused('image-damaged', 'its index leads from one index to the next');
}

const tagKey = 'org.opencontainers.image.ref.name';

function chosen(manifests: readonly Descriptor[], { tag, architecture }: Choice): Descriptor {
  const tagged = tag === null ? manifests : manifests.filter(({ annotations }) => annotations[tagKey] === tag);
  const fitting = tagged.filter(({ platform }) => fits(platform, architecture));
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return only;
  const names = manifests.map(({ annotations, platform }) =>
    `${annotations[tagKey] ?? 'untagged'} ${platform['architecture'] ?? ''}`.trim(),
  );
  const what = only === undefined ? 'no image' : 'several images';
  throw refused(
    'image-unknown',
    `it holds ${what} for ${tag ?? 'any tag'} on ${architecture}, of: ${names.join(', ')}`,
    {
      advice: 'Name the tag: oci:DIR:TAG or oci-archive:FILE:TAG',
    },
  );
}

/** A layout of one image does not say what it is for. */
function fits(platform: Descriptor['platform'], architecture: string): boolean {
  const [os, told] = [platform['os'] ?? 'linux', platform['architecture'] ?? architecture];
  return os === 'linux' && told === architecture;
}
