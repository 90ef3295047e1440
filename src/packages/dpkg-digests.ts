import type { ByteString } from '../domain/bytes.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import type { DpkgList, DpkgLists } from './dpkg-lists.ts';
import { infoDirectory } from './dpkg-lists.ts';
import type { DpkgPackage } from './dpkg-status.ts';

const ucfFile: RootPath = '/var/lib/ucf/hashfile';

/**
 * The MD5 of each regular file as it was delivered: of the packages' `.md5sums` lists, of the conffiles in dpkg's status
 * file, and of the settings that ucf(1) keeps for packages. Lines of another form have no digest that could be used.
 */
export function readDigests(
  files: Files,
  { lists, placeOf }: DpkgLists,
  status: readonly DpkgPackage[],
): Map<RootPath, ByteString> {
  const digests = new Map<RootPath, ByteString>();
  for (const list of [...lists.values()].flat()) {
    for (const [md5, path] of sumsOf(files, list)) digests.set(placeOf(path, list.name), md5);
  }
  for (const { name, conffiles } of status) {
    for (const { path, md5 } of conffiles) if (md5 !== null) digests.set(placeOf(path, name), md5);
  }
  if (files.status(ucfFile)?.type !== 'file') return digests;
  const settings = linesOf(files.read(ucfFile)).filter(([, path]) => path.startsWith('/'));
  for (const [md5, path] of settings) digests.set(placeOf(path, null), md5);
  return digests;
}

function sumsOf(files: Files, { name, architecture }: DpkgList): [md5: ByteString, path: RootPath][] {
  const file = childOf(infoDirectory, `${name}${architecture === null ? '' : `:${architecture}`}.md5sums`);
  if (files.status(file)?.type !== 'file') return [];
  return linesOf(files.read(file)).map(([md5, path]) => [md5, path.startsWith('/') ? path : `/${path}`]);
}

/** Lines of md5sum(1): digest, two spaces, name; a backslash in front says that the name has escapes in it. */
function linesOf(text: ByteString): [md5: ByteString, name: ByteString][] {
  return text.split('\n').flatMap((line): [ByteString, ByteString][] => {
    const [, escaped, md5, name] = /^(\\?)([0-9a-f]{32}) [ *](.+)$/s.exec(line) ?? [];
    if (md5 === undefined || name === undefined) return [];
    return [[md5, escaped === '\\' ? unescaped(name) : name]];
  });
}

function unescaped(name: ByteString): ByteString {
  return name.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
