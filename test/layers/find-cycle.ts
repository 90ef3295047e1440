import type { SourceFile } from './source-files.ts';

/** The files of one cycle of imports, the first repeated at the end; null where there is none. */
export function findCycle(files: readonly SourceFile[]): string[] | null {
  const targets = new Map(files.map((file) => [file.path, file.imports.map(({ target }) => target)]));
  const finished = new Set<string>();

  function visit(path: string, trail: readonly string[]): string[] | null {
    const start = trail.indexOf(path);
    if (start !== -1) return [...trail.slice(start), path];
    if (finished.has(path)) return null;
    for (const target of targets.get(path) ?? []) {
      const cycle = visit(target, [...trail, path]);
      if (cycle !== null) return cycle;
    }
    finished.add(path);
    return null;
  }

  for (const path of targets.keys()) {
    const cycle = visit(path, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
