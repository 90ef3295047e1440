import { findCycle } from './find-cycle.ts';
import type { ResolvedImport, SourceFile } from './source-files.ts';
import { readSourceFiles } from './source-files.ts';

/** Who may import whom. */
export type LayerTable = {
  /**
   * For each folder or file at the top of the source folder what it may import besides itself; `system (types)` means
   * by `import type` only. What lies outside of the source folder is named by its path from there.
   */
  readonly layers: Readonly<Record<string, readonly string[]>>;
  /** For each package, and for `node:`, the folders and files that may import it. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
};

type Edge = { readonly from: SourceFile; readonly import: ResolvedImport };

/** Everything in which the sources below the folder and the table disagree, one message each; none where they agree. */
export function checkLayers(folder: string, table: LayerTable): string[] {
  const files = readSourceFiles(folder);
  const edges = files.flatMap((from) => from.imports.map((each): Edge => ({ from, import: each })));
  const cycle = findCycle(files);
  return [
    ...files.filter((file) => table.layers[layerOf(file.path)] === undefined).map(missingRow),
    ...edges.filter((edge) => !isAllowed(edge, table)).map(forbiddenImport),
    ...(cycle === null ? [] : [`cycle: ${cycle.join(' → ')}`]),
    ...staleLayers(files, edges, table),
    ...stalePackages(edges, table),
  ];
}

function missingRow(file: SourceFile): string {
  return `no row: ${file.path} belongs to '${layerOf(file.path)}', which the table does not have`;
}

function forbiddenImport({ from, import: { target, typesOnly } }: Edge): string {
  return `forbidden: ${from.path} imports ${target}${typesOnly ? ' (types)' : ''}`;
}

function isAllowed(edge: Edge, table: LayerTable): boolean {
  const { from, import: imported } = edge;
  if (imported.kind === 'package')
    return table.packages[imported.target]?.some((place) => isIn(from.path, place)) === true;
  const own = layerOf(from.path);
  return layerOf(imported.target) === own || (table.layers[own] ?? []).some((entry) => permits(entry, imported));
}

function permits(entry: string, imported: ResolvedImport): boolean {
  const target = layerOf(imported.target);
  return entry === target || (imported.typesOnly && entry === `${target} (types)`);
}

function staleLayers(files: readonly SourceFile[], edges: readonly Edge[], table: LayerTable): string[] {
  return Object.entries(table.layers).flatMap(([layer, entries]) => {
    if (!files.some((file) => layerOf(file.path) === layer)) return [`stale: '${layer}' has a row but no code`];
    const own = edges.filter(({ from }) => layerOf(from.path) === layer);
    return entries
      .filter((entry) => !own.some((edge) => edge.import.kind === 'file' && permits(entry, edge.import)))
      .map((entry) => `stale: '${layer}' may import '${entry}', and nothing there does`);
  });
}

function stalePackages(edges: readonly Edge[], table: LayerTable): string[] {
  return Object.entries(table.packages).flatMap(([name, places]) =>
    places
      .filter((place) => !edges.some(({ from, import: { target } }) => target === name && isIn(from.path, place)))
      .map((place) => `stale: '${place}' may import the package '${name}', and nothing there does`),
  );
}

// `plan/decide.ts` belongs to `plan`, `main.ts` to itself; what is outside (`../package.json`) as well.
function layerOf(path: string): string {
  return path.startsWith('../') ? path : (path.split('/')[0] ?? path);
}

function isIn(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
