import { minuteOf } from '../domain/minute.ts';
import type { VersionRecord, VersionState } from '../domain/version.ts';
import type { VersionList } from '../flows/version-status.ts';
import { type Console, paint } from './console.ts';
import { printableText } from './printable.ts';
import { drawGraph } from './version-graph.ts';

const styles = {
  staged: 'cyan',
  prepared: 'cyan',
  armed: 'yellow',
  migrating: 'yellow',
  waiting: 'yellow',
  trial: 'yellow',
  good: 'green',
  retired: 'dim',
  failed: 'red',
} as const satisfies Readonly<Record<VersionState, Parameters<typeof paint>[1]>>;

/** Versions as a graph, newest first: each below those that took over its state. */
export function renderVersions({ versions, running }: VersionList, console: Console): string {
  if (versions.length === 0) return 'The store has no versions\n';
  const graph = drawGraph(versions);
  const byId = new Map(versions.map((version) => [version.id, version]));
  const widths = {
    graph: widest(graph.map(({ line }) => line)),
    id: widest(versions.map(({ id }) => id)),
    image: widest(versions.map(({ image }) => image)),
  };
  const lines = graph.map(({ id, line }) => {
    const version = id === null ? undefined : byId.get(id);
    if (version === undefined) return line;
    return `${line.padEnd(widths.graph)}  ${row(version, version === running, widths, console)}`;
  });
  return `${lines.join('\n')}\n`;
}

type Widths = { readonly id: number; readonly image: number };

function row(version: VersionRecord, runs: boolean, widths: Widths, console: Console): string {
  const { id, state, image, history, pinned, removing, reason, reset } = version;
  const made = reset === null ? [] : [`reset (${reset.mode})`];
  const kept = [...made, ...(runs ? ['running'] : []), ...(pinned ? ['pinned'] : [])];
  const marks = [...kept, ...(removing ? ['being removed: migrate prune goes on with it'] : [])].join(', ');
  const parts = [
    paint(console, runs ? 'bold' : styles[state], id.padEnd(widths.id)),
    paint(console, styles[state], state.padEnd('migrating'.length)),
    image.padEnd(widths.image),
    minuteOf(history[0]?.at ?? ''),
    ...(marks === '' ? [] : [paint(console, 'bold', marks)]),
    ...(reason === null ? [] : [printableText(reason)]),
  ];
  return parts.join('  ').trimEnd();
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(({ length }) => length));
}
