import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterwards } from '../../../src/domain/afterwards.ts';

/** Scripts by their paths; `{ link }` for a symbolic link, `{ plain }` for a file that is not executable. */
export type Scripts = Readonly<Record<string, string | { readonly link: string } | { readonly plain: string }>>;

/** Where scripts write what they saw: each test's own. */
export type CheckTree = { readonly root: string; readonly file: (path: string) => string };

/** Hands on a root with checks in it, for the time of the body. In scripts `$ROOT` is the root. */
export function withChecks<Result>(scripts: Scripts, body: (tree: CheckTree) => Result): Result {
  const root = mkdtempSync('/dev/shm/migrate-checks-');
  for (const [path, content] of Object.entries(scripts)) put(root, path, content);
  return afterwards(
    () => body({ root, file: (path) => join(root, path) }),
    () => rmSync(root, { recursive: true }),
  );
}

export const required = (name: string): string => `usr/lib/migrate/check.d/required.d/${name}`;
export const wanted = (name: string): string => `usr/lib/migrate/check.d/wanted.d/${name}`;
export const ownRequired = (name: string): string => `etc/migrate/check.d/required.d/${name}`;

function put(root: string, path: string, content: Scripts[string]): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  if (typeof content === 'object' && 'link' in content) {
    symlinkSync(content.link, file);
    return;
  }
  const isPlain = typeof content === 'object';
  writeFileSync(file, `#!/bin/sh\nROOT=${root}\n${isPlain ? content.plain : content}\n`);
  chmodSync(file, isPlain ? 0o644 : 0o755);
}
