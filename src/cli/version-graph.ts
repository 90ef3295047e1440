/** One of the things that the graph shows, with the one that it came from. */
type Node = { readonly id: string; readonly parent: string | null };

/** A column of the graph: the id that stands at its lower end; null where the column is free. */
type Lane = string | null;

/**
 * The lines of a graph for the terminal, in the order given: children come before their parents. Each line of a node has
 * `*` in its column; lines with `id` null lead columns together.
 */
export function drawGraph(nodes: readonly Node[]): { readonly id: string | null; readonly line: string }[] {
  const drawn: { readonly id: string | null; readonly line: string }[] = [];
  const left = new Set(nodes.map(({ id }) => id));
  let lanes: readonly Lane[] = [];
  let ended: number | null = null;
  for (const { id, parent } of nodes) {
    left.delete(id);
    const waiting = lanes.flatMap((lane, column) => (lane === id ? [column] : []));
    const column: number = waiting[0] ?? freeColumn(lanes, ended);
    if (waiting.length > 1) drawn.push({ id: null, line: joinLine(lanes, waiting) });
    lanes = lanes.map((lane) => (lane === id ? null : lane));
    drawn.push({ id, line: nodeLine(lanes, column) });
    const below = parent !== null && left.has(parent) ? parent : null;
    ended = below === null ? column : null;
    lanes = withLane(lanes, column, below);
  }
  return drawn;
}

/** The first free column, besides one that ended in the line above: it would look as if it went on. */
function freeColumn(lanes: readonly Lane[], ended: number | null): number {
  const columns = Array.from({ length: lanes.length + 2 }, (_, column) => column);
  return columns.find((column) => (lanes[column] ?? null) === null && column !== ended) ?? lanes.length;
}

function withLane(lanes: readonly Lane[], column: number, lane: Lane): readonly Lane[] {
  const length = Math.max(lanes.length, column + 1);
  const wide = Array.from({ length }, (_, place) => (place === column ? lane : (lanes[place] ?? null)));
  return wide.slice(0, wide.findLastIndex((each) => each !== null) + 1);
}

function nodeLine(lanes: readonly Lane[], column: number): string {
  const width = Math.max(lanes.length, column + 1);
  return Array.from({ length: width }, (_, place) => cellOf(lanes, column, place))
    .join(' ')
    .trimEnd();
}

function cellOf(lanes: readonly Lane[], column: number | null, place: number): string {
  if (place === column) return '*';
  return (lanes[place] ?? null) === null ? ' ' : '│';
}

/** The columns in `joining` come together in the first of them; those between are crossed. */
function joinLine(lanes: readonly Lane[], joining: readonly number[]): string {
  const [first = 0] = joining;
  const last = joining.at(-1) ?? first;
  let line = '';
  for (const [place, lane] of lanes.entries()) {
    const within = place >= first && place <= last;
    line += within ? joint(place, lane, { first, last, joining }) : cellOf(lanes, null, place);
    line += place >= first && place < last ? '─' : ' ';
  }
  return line.trimEnd();
}

function joint(
  place: number,
  lane: Lane,
  { first, last, joining }: { readonly first: number; readonly last: number; readonly joining: readonly number[] },
): string {
  if (place === first) return '├';
  if (place === last) return '┘';
  if (joining.includes(place)) return '┴';
  return lane === null ? '─' : '┼';
}
