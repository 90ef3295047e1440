import { childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

const directory: RootPath = '/var/lib/dpkg/alternatives';
const linksDirectory: RootPath = '/etc/alternatives';

/** A link below /etc/alternatives, or the record that it is made from, and whether a person chose where it points. */
export type Alternative = { readonly path: RootPath; readonly byHand: boolean };

/**
 * Reads update-alternatives' records: the first line is `auto` or `manual`, then come the generic link and, each with its
 * link, the names of the links that follow it, up to an empty line. A record of another form tells nothing.
 */
export function readAlternatives(files: Files): Alternative[] {
  if (files.status(directory)?.type !== 'directory') return [];
  return files.list(directory).flatMap((name) => {
    const file = childOf(directory, name);
    if (files.status(file)?.type !== 'file') return [];
    const [state, , ...rest] = files.read(file).split('\n');
    if (state !== 'auto' && state !== 'manual') return [];
    const end = rest.indexOf('');
    const followers = rest.slice(0, end === -1 ? 0 : end).filter((_, index) => index % 2 === 0);
    const links = [name, ...followers].map((link) => childOf(linksDirectory, link));
    return [file, ...links].map((path) => ({ path, byHand: state === 'manual' }));
  });
}
