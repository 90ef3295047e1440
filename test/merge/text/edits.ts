import type { Random } from './random.ts';

/** A way to make a line. */
export type LineSource = (random: Random) => string;

/** Lines from a few words, so that most are equal to another. */
export function fewWords(words: readonly string[]): LineSource {
  return (random) => random.pick(words);
}

/** Lines of which hardly two are equal. */
export const distinctLine: LineSource = (random) => `setting ${random.below(1e9).toString(36)}`;

/** Lines as in a long commented configuration file: many separators and words that repeat. */
export const configurationLine: LineSource = (random) =>
  random.pick([
    '',
    '#',
    '#Default:',
    '# none',
    'none',
    '}',
    '  }',
    `# about ${random.below(40)}`,
    `key${random.below(60)} = ${random.below(9)}`,
  ]);

/** `count` lines. */
export function makeLines(random: Random, count: number, line: LineSource): string[] {
  return Array.from({ length: count }, () => line(random));
}

/** A copy of the lines with `count` edits anywhere: lines or blocks changed, inserted, deleted, doubled, swapped. */
export function edit(random: Random, lines: readonly string[], count: number, line: LineSource): string[] {
  const edited = [...lines];
  for (let done = 0; done < count; done += 1) editAt(random, edited, random.below(edited.length + 1), line);
  return edited;
}

/** One edit at a line, in place. */
export function editAt(random: Random, lines: string[], at: number, line: LineSource): void {
  const size = 1 + (random.chance(0.3) ? random.below(5) : 0);
  switch (random.below(5)) {
    case 0:
      lines.splice(at, 0, ...makeLines(random, size, line));
      break;
    case 1:
      lines.splice(at, size);
      break;
    case 2:
      lines.splice(at, 0, ...lines.slice(Math.max(0, at - size), at));
      break;
    case 3:
      lines.splice(at, 2, ...lines.slice(at, at + 2).reverse());
      break;
    default:
      lines.splice(at, size, ...makeLines(random, size, line));
  }
}

/** A copy of the lines with one block taken out and put in elsewhere. */
export function moveBlock(random: Random, lines: readonly string[]): string[] {
  const moved = [...lines];
  const block = moved.splice(random.below(moved.length + 1), 1 + random.below(6));
  moved.splice(random.below(moved.length + 1), 0, ...block);
  return moved;
}

/** Edits as a person or a package makes them: values changed, lines switched on and off, paragraphs added or dropped. */
export function editConfiguration(random: Random, lines: readonly string[], count: number): string[] {
  const edited = [...lines];
  for (let done = 0; done < count; done += 1) {
    const at = random.below(edited.length + 1);
    const line = edited[at] ?? '';
    switch (random.below(7)) {
      case 0:
        edited.splice(at, 1, line.startsWith('#') ? line.replace(/^#+ ?/, '') : `#${line}`);
        break;
      case 1:
        edited.splice(at, 1, line.replace(/\S+(\r?)$/, `${random.below(100)}$1`));
        break;
      case 2:
        edited.splice(at, 0, '#', `# Added for release ${random.below(20)}`, '#', `option${random.below(9)} yes`, '');
        break;
      case 3:
        edited.splice(at, 1 + random.below(8));
        break;
      case 4:
        edited.splice(at + 1, 0, line.replace(/\d|$/, String(random.below(10))));
        break;
      case 5:
        edited.push('', '# local', `include /etc/local.d/${random.below(9)}.conf`);
        break;
      default:
        edited.splice(at, 1, `${line}  # checked`);
    }
  }
  return edited;
}
