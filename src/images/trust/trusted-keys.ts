import { bytesOfText } from '../../domain/bytes.ts';
import type { System } from '../../system/system.ts';
import { type MinisignKey, parseKey } from './minisign.ts';

/** Where keys are installed that images have to be signed by; a file of the first replaces its namesake of the second. */
export const trustedDirectories: readonly string[] = ['/etc/migrate/trusted.d', '/usr/lib/migrate/trusted.d'];

/** A key that may sign images, and the file that it is from. */
export type TrustedKey = MinisignKey & { readonly file: string };

/**
 * The keys in these directories, from files that end in `.pub`. An empty one takes its namesake away. Throws Failure
 * `key-syntax` where one cannot be read: what was meant to be required is never left out.
 */
export function readTrustedKeys(directories: readonly string[], system: System): TrustedKey[] {
  const files = new Map<string, string>();
  for (const directory of directories) {
    for (const name of keyFilesIn(directory, system)) {
      if (!files.has(name)) files.set(name, `${directory}/${name}`);
    }
  }
  return [...files.values()].flatMap((file) => {
    const content = system.readFile(file);
    return content.trim() === '' ? [] : [{ ...parseKey(content, file), file }];
  });
}

function keyFilesIn(directory: string, system: System): string[] {
  if (!system.exists(directory)) return [];
  const files = system.openRoot(bytesOfText(directory));
  try {
    return files.list('/').filter((name) => name.endsWith('.pub'));
  } finally {
    files.close();
  }
}
