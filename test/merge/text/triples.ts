import {
  configurationLine,
  distinctLine,
  edit,
  editAt,
  editConfiguration,
  fewWords,
  type LineSource,
  makeLines,
  moveBlock,
} from './edits.ts';
import type { Random } from './random.ts';

/** Three contents to merge. */
export type Contents = { readonly base: string; readonly ours: string; readonly theirs: string };

type Triple = { readonly base: string[]; readonly ours: string[]; readonly theirs: string[] };

const sources: readonly LineSource[] = [
  fewWords(['a', 'b']),
  fewWords(['a', 'b', 'c', '', '#']),
  fewWords(['', '#', '}', 'x', 'y', 'z', 'end', 'begin', '# x', 'none']),
  distinctLine,
  configurationLine,
];

/** Every kind of triple that text merging is tried on, and how to make one. */
export const kindsOfTriple: Readonly<Record<string, (random: Random) => Contents>> = {
  'few distinct lines': (random) => bytesOf(editBoth(random, random.below(30), fewWords(['a', 'b', 'c']), 3)),
  'all lines distinct': (random) => bytesOf(editBoth(random, random.below(60), distinctLine, 4)),
  'commented configuration': (random) => bytesOf(editBoth(random, 20 + random.below(150), configurationLine, 5)),
  'empty lines': (random) => bytesOf(editBoth(random, random.below(30), fewWords(['', '', '', 'a', 'b', '  ']), 4)),
  'repeated blocks': (random) => bytesOf(repeatedBlocks(random)),
  'moved blocks': (random) => bytesOf(movedBlocks(random)),
  'the same edits on both sides': (random) => bytesOf(sameEdits(random)),
  'adjacent edits': (random) => bytesOf(adjacentEdits(random)),
  'edits at the ends': (random) => bytesOf(editsAtEnds(random)),
  'missing final newline': (random) =>
    withoutFinalNewline(random, editBoth(random, random.below(12), random.pick(sources), 2)),
  'mixed line ends': (random) => mixedLineEnds(random, editBoth(random, random.below(30), random.pick(sources), 3)),
  'empty files': (random) => emptyFiles(random),
  'rewritten on one side': (random) => bytesOf(rewritten(random)),
  'unrelated contents': (random) => bytesOf(unrelated(random)),
  'hundreds of lines': (random) => bytesOf(editBoth(random, 200 + random.below(500), random.pick(sources), 20)),
};

/** Triples of thousands of lines that reach the limits where git stops looking for the best alignment; slow to make. */
export const kindsOfLargeTriple: Readonly<Record<string, (random: Random) => Contents>> = {
  'thousands of lines': (random) => bytesOf(largeEdited(random)),
  'thousands of repeated lines, rewritten': (random) => bytesOf(largeRewritten(random)),
  'long equal stretches between large changes': (random) => bytesOf(longStretches(random)),
  'frequent lines among new ones': (random) => bytesOf(frequentAmongNew(random)),
};

/** Triples of tens of thousands of lines: only there git takes its shortcuts before it gives up. */
export const kindsOfHugeTriple: Readonly<Record<string, (random: Random) => Contents>> = {
  'tens of thousands of lines': (random) => bytesOf(hugeEdited(random)),
};

/** A triple from a real file's content: both sides edited as people and packages do. */
export function tripleOfFile(random: Random, content: string): Contents {
  const base = content.replace(/\n$/, '').split('\n');
  const shared = random.chance(0.2) ? editConfiguration(random, base, 1 + random.below(4)) : base;
  const ours = editConfiguration(random, shared, 1 + random.below(4));
  const theirs = editConfiguration(random, shared, 1 + random.below(8));
  return bytesOf({ base, ours, theirs });
}

function editBoth(random: Random, count: number, line: LineSource, edits: number): Triple {
  const base = makeLines(random, count, line);
  const ours = edit(random, base, 1 + random.below(edits), line);
  return { base, ours, theirs: edit(random, base, 1 + random.below(edits), line) };
}

function repeatedBlocks(random: Random): Triple {
  const line = random.pick(sources);
  const block = makeLines(random, 1 + random.below(6), line);
  const base = Array.from({ length: 1 + random.below(8) }, () =>
    random.chance(0.2) ? edit(random, block, 1, line) : block,
  ).flat();
  const grow = (): string[] => {
    const lines = edit(random, base, random.below(3), line);
    lines.splice(block.length * random.below(8), random.chance(0.5) ? 0 : block.length, ...block);
    return lines;
  };
  return { base, ours: grow(), theirs: grow() };
}

function movedBlocks(random: Random): Triple {
  const line = random.pick(sources);
  const base = makeLines(random, 5 + random.below(30), line);
  const theirs = random.chance(0.5) ? moveBlock(random, base) : edit(random, base, 2, line);
  return { base, ours: moveBlock(random, base), theirs };
}

function sameEdits(random: Random): Triple {
  const line = random.pick(sources);
  const base = makeLines(random, random.below(40), line);
  const shared = edit(random, base, 1 + random.below(4), line);
  return {
    base,
    ours: edit(random, shared, random.below(2), line),
    theirs: edit(random, shared, random.below(2), line),
  };
}

function adjacentEdits(random: Random): Triple {
  const line = random.pick(sources);
  const base = makeLines(random, 2 + random.below(30), line);
  const [ours, theirs] = [[...base], [...base]];
  for (let pairs = 1 + random.below(2); pairs > 0; pairs -= 1) {
    const at = random.below(base.length);
    editAt(random, ours, at, line);
    editAt(random, theirs, Math.max(0, at + random.below(5) - 2), line);
  }
  return { base, ours, theirs };
}

function editsAtEnds(random: Random): Triple {
  const line = random.pick(sources);
  const base = makeLines(random, random.below(15), line);
  const [ours, theirs] = [[...base], [...base]];
  for (const side of [ours, theirs]) {
    if (random.chance(0.7)) editAt(random, side, random.below(2), line);
    if (random.chance(0.7)) editAt(random, side, Math.max(0, side.length - random.below(3)), line);
  }
  return { base, ours, theirs };
}

function rewritten(random: Random): Triple {
  const line = random.pick(sources);
  const base = makeLines(random, random.below(60), line);
  const ours = base.map((kept) => (random.chance(0.5) ? line(random) : kept));
  return { base, ours, theirs: edit(random, base, 1, line) };
}

function unrelated(random: Random): Triple {
  const line = random.pick(sources);
  const side = (): string[] => makeLines(random, random.below(40), line);
  return { base: side(), ours: side(), theirs: side() };
}

function largeEdited(random: Random): Triple {
  const line = random.pick(sources);
  const base = makeLines(random, 1000 + random.below(3000), line);
  return { base, ours: edit(random, base, random.below(600), line), theirs: edit(random, base, 1, line) };
}

function hugeEdited(random: Random): Triple {
  const line = fewWords(Array.from({ length: 200 + random.below(5000) }, (_, index) => `word ${index}`));
  const base = makeLines(random, 33_000 + random.below(12_000), line);
  // Stretches about as long as git calls long, or dense changes with few such stretches between.
  const [shortest, spread] = random.pick([
    [18, 5],
    [1, 22],
    [0, 5],
    [15, 60],
  ] as const);
  const ours: string[] = [];
  for (let at = 0; at < base.length; ) {
    const length = random.chance(0.05) ? 19 + random.below(4) : shortest + random.below(spread);
    ours.push(...base.slice(at, at + length), ...makeLines(random, random.below(3), line));
    at += length + random.below(3);
  }
  return { base, ours, theirs: edit(random, base, 1, line) };
}

function largeRewritten(random: Random): Triple {
  const line = fewWords(Array.from({ length: 3 + random.below(300) }, (_, index) => `word ${index}`));
  const base = makeLines(random, 1500 + random.below(2500), line);
  const ours = base.flatMap((kept) => (random.chance(0.6) ? makeLines(random, random.below(3), line) : [kept]));
  return { base, ours, theirs: edit(random, base, 1, line) };
}

function longStretches(random: Random): Triple {
  const line = random.pick([configurationLine, fewWords(['a', 'b', 'c', 'd', 'e', 'f', 'g'])]);
  const stretches = Array.from({ length: 4 + random.below(8) }, () => makeLines(random, 25 + random.below(200), line));
  const between = (): string[] => makeLines(random, random.below(500), line);
  const base = stretches.flatMap((stretch) => [...between(), ...stretch]);
  const ours = stretches.flatMap((stretch) => [...between(), ...stretch]);
  return { base, ours, theirs: edit(random, base, 1, line) };
}

/** Runs of lines that only one side has, with separators in them that both have often: git does not align those. */
function frequentAmongNew(random: Random): Triple {
  const separator = fewWords(['', '#', '}']);
  const density = 0.1 + random.below(4) / 10;
  const side = (lines: readonly string[]): string[] =>
    lines.flatMap((kept) => {
      if (!random.chance(0.03)) return [kept];
      return makeLines(random, random.below(250), (each) =>
        each.chance(density) ? separator(each) : distinctLine(each),
      );
    });
  const base = makeLines(random, 200 + random.below(800), (each) =>
    each.chance(0.3) ? separator(each) : configurationLine(each),
  );
  const ours = side(base);
  const older = side(base);
  return { base: older, ours, theirs: edit(random, older, 1, distinctLine) };
}

function bytesOf({ base, ours, theirs }: Triple): Contents {
  return { base: joinLines(base), ours: joinLines(ours), theirs: joinLines(theirs) };
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function withoutFinalNewline(random: Random, triple: Triple): Contents {
  const cut = (lines: readonly string[]): string => {
    const content = joinLines(lines);
    return random.chance(0.6) ? content.slice(0, -1) : content;
  };
  return { base: cut(triple.base), ours: cut(triple.ours), theirs: cut(triple.theirs) };
}

function mixedLineEnds(random: Random, { base, ours, theirs }: Triple): Contents {
  const all = random.chance(0.3);
  const end = (lines: readonly string[]): string =>
    lines.map((line) => `${line}${all || random.chance(0.2) ? '\r\n' : '\n'}`).join('');
  // Contents that only differ in line ends on one side.
  const converted = {
    base: joinLines(base),
    ours: joinLines(ours).replaceAll('\n', '\r\n'),
    theirs: joinLines(theirs),
  };
  return random.chance(0.2) ? converted : { base: end(base), ours: end(ours), theirs: end(theirs) };
}

function emptyFiles(random: Random): Contents {
  const { base, ours, theirs } = bytesOf(editBoth(random, random.below(4), random.pick(sources), 2));
  const blank = (content: string): string => (random.chance(0.5) ? random.pick(['', '\n', '\n\n']) : content);
  return { base: blank(base), ours: blank(ours), theirs: blank(theirs) };
}
