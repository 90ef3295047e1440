import { displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';

/**
 * Where an image is, as people write it: a path, whose content tells what it is; `docker://HOST/NAME:TAG`; or, with the
 * words of skopeo(1), `oci:DIR[:TAG]` and `oci-archive:FILE[:TAG]` where a layout holds several images.
 */
export type Reference =
  | { readonly kind: 'path'; readonly path: string; readonly tag: string | null }
  | { readonly kind: 'registry'; readonly address: string };

/** Throws Failure `image-reference` where it is empty, or of a transport that is not known. */
export function parseReference(reference: string): Reference {
  const [, transport = '', rest = ''] = /^([a-z][a-z-]*):(.*)$/s.exec(reference) ?? [];
  if (transport === '' && reference !== '') return { kind: 'path', path: reference, tag: null };
  if (transport === 'docker' && /^\/\/[^/]/.test(rest)) return { kind: 'registry', address: reference };
  const [, path = '', tag = null] = /^(.*?)(?::([^:/]+))?$/s.exec(rest) ?? [];
  if ((transport === 'oci' || transport === 'oci-archive') && path !== '') return { kind: 'path', path, tag };
  throw new Failure({
    code: 'image-reference',
    kind: 'input',
    message: `Cannot use ${displayBytes(reference)} as an image: it is no path, and of no transport that is known`,
    advice: 'Give a path (one with a colon as ./name:x), docker://HOST/NAME:TAG, oci:DIR:TAG or oci-archive:FILE:TAG',
  });
}
