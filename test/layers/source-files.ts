import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { importsOf } from './imports.ts';

/** An import with its target resolved. */
export type ResolvedImport = {
  /** For a file its path from the source folder; for a package its name; `node:` for whatever Node has built in. */
  readonly target: string;
  readonly kind: 'file' | 'package';
  readonly typesOnly: boolean;
};

export type SourceFile = {
  /** From the source folder, such as `plan/decide.ts`. */
  readonly path: string;
  readonly imports: readonly ResolvedImport[];
};

/** All TypeScript files below the folder with their imports, sorted by path. */
export function readSourceFiles(folder: string): SourceFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
    .map((path) => ({ path, imports: resolvedImports(folder, path) }));
}

function resolvedImports(folder: string, path: string): ResolvedImport[] {
  return importsOf(readFileSync(join(folder, path), 'utf8')).map(({ specifier, typesOnly }) => {
    if (specifier.startsWith('.')) {
      return { target: posix.join(posix.dirname(path), specifier), kind: 'file', typesOnly };
    }
    return { target: packageOf(specifier), kind: 'package', typesOnly };
  });
}

// `@scope/name/file` belongs to the package `@scope/name`.
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
