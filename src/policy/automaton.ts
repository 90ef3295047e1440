import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Token } from './glob.ts';
import { globMatches } from './glob.ts';
import type { Pattern } from './pattern.ts';

/** The path patterns of a policy with the places of their rules, ready to become an automaton. */
export type NumberedPattern = { readonly rule: number; readonly pattern: Extract<Pattern, { kind: 'path' }> };

/** What is still possible after some components of a path. Made when a path first leads there, and kept. */
export type State = {
  readonly id: number;
  /** Rules that match the path that led here, in their order. */
  readonly matched: readonly number[];
  readonly literals: ReadonlyMap<ByteString, readonly number[]>;
  readonly globs: readonly { readonly tokens: readonly Token[]; readonly next: number }[];
  readonly always: readonly number[];
  readonly byName: Map<ByteString, State>;
  readonly byGlobs: Map<string, State>;
};

/** Finds the state that a path leads to. */
export type Automaton = { readonly stateOf: (path: RootPath) => State };

type Node = {
  readonly rule: number;
  readonly component: Extract<Pattern, { kind: 'path' }>['components'][number] | null;
  readonly below: boolean;
};

/**
 * Merges all patterns into one automaton over path components, so that the cost of a path is that of its depth and not
 * of the number of rules. States are made as paths need them: a policy has far fewer than its patterns allow.
 */
export function buildAutomaton(patterns: readonly NumberedPattern[]): Automaton {
  const nodes: Node[] = [];
  const starts = patterns.map((numbered) => addNodes(nodes, numbered));
  const states = new Map<string, State>();
  const make = (places: Iterable<number>): State => {
    const closed = closure(nodes, places);
    const key = closed.join(',');
    const known = states.get(key);
    if (known !== undefined) return known;
    const state = createState(nodes, closed, states.size);
    states.set(key, state);
    return state;
  };
  const root = make(starts);
  // Paths come in the order of a walk: most have the directory of the one before.
  let directory = '/';
  let reached = root;
  const stateOf = (path: RootPath): State => {
    if (path === '/') return root;
    const slash = path.lastIndexOf('/') + 1;
    if (slash !== directory.length || !path.startsWith(directory)) {
      directory = path.slice(0, slash);
      reached = walk(root, directory, make);
    }
    return isConstant(reached) ? step(reached, '', make) : step(reached, path.slice(slash), make);
  };
  return { stateOf };
}

// The directory ends with a `/`.
function walk(root: State, directory: ByteString, make: (places: Iterable<number>) => State): State {
  let state = root;
  let start = 1;
  while (true) {
    const end = directory.indexOf('/', start);
    if (end === -1) return state;
    const next = step(state, directory.slice(start, end), make);
    // Nothing deeper can differ: most of a tree lies below one `/usr/**`.
    if (next === state && isConstant(state)) return next;
    state = next;
    start = end + 1;
  }
}

function step(state: State, name: ByteString, make: (places: Iterable<number>) => State): State {
  const known = state.byName.get(name);
  if (known !== undefined) return known;
  const literal = state.literals.size === 0 ? undefined : state.literals.get(name);
  const globs = matchingGlobs(state, name);
  if (literal !== undefined) return remember(state.byName, name, make([...state.always, ...literal, ...globs]));
  const key = globs.length === 0 ? '' : globs.join(',');
  return state.byGlobs.get(key) ?? remember(state.byGlobs, key, make([...state.always, ...globs]));
}

const none: readonly number[] = [];

// Called for nearly every path; most names match no glob, and then nothing is allocated.
function matchingGlobs(state: State, name: ByteString): readonly number[] {
  let matching: number[] | null = null;
  for (const { tokens, next } of state.globs) {
    if (!globMatches(tokens, name)) continue;
    matching ??= [];
    matching.push(next);
  }
  return matching ?? none;
}

function remember(map: Map<string, State>, key: string, state: State): State {
  map.set(key, state);
  return state;
}

function isConstant(state: State): boolean {
  return state.literals.size === 0 && state.globs.length === 0;
}

// The nodes of one pattern follow each other, so the node after `place` is `place + 1`. Returns the first.
function addNodes(nodes: Node[], { rule, pattern }: NumberedPattern): number {
  const first = nodes.length;
  for (const component of pattern.components) nodes.push({ rule, component, below: false });
  nodes.push({ rule, component: null, below: pattern.below });
  return first;
}

// `**` may stand for nothing, so its successor is reached with it.
function closure(nodes: readonly Node[], places: Iterable<number>): number[] {
  const closed = new Set<number>();
  for (const start of places) {
    let place = start;
    closed.add(place);
    while (nodes[place]?.component?.kind === 'deep') closed.add(++place);
  }
  return [...closed].sort((a, b) => a - b);
}

function createState(nodes: readonly Node[], places: readonly number[], id: number): State {
  const matched: number[] = [];
  const always: number[] = [];
  const literals = new Map<ByteString, number[]>();
  const globs: State['globs'][number][] = [];
  for (const place of places) {
    const node = nodes[place];
    if (node === undefined) continue;
    const { component, rule, below } = node;
    if (component === null) matched.push(rule);
    if (below || component?.kind === 'deep') always.push(place);
    if (component?.kind === 'glob') globs.push({ tokens: component.tokens, next: place + 1 });
    if (component?.kind === 'literal')
      literals.set(component.name, [...(literals.get(component.name) ?? []), place + 1]);
  }
  return { id, matched, literals, globs, always, byName: new Map(), byGlobs: new Map() };
}
