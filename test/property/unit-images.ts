import { type Node, symlink, type Tree } from '../cases/trees.ts';
import { image, service } from '../cases/unit-trees.ts';
import type { Random } from '../merge/text/random.ts';

/** A unit of the image before, and what the new image makes of it. */
export type Evolution = {
  /** Its name before; the name it has in the new image, where it is there. */
  readonly name: string;
  readonly now: string | null;
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Whether the image itself links the old name to the new one. */
  readonly isLinked: boolean;
};

const targets = ['multi-user.target', 'graphical.target', 'sockets.target'];

/** Units of random [Install] sections that move, are renamed, get other aliases, or go. */
export function generateEvolutions(random: Random): Evolution[] {
  return ['a', 'b', 'c', 'd', 'e', 'f', 'g', 't@'].map((stem) => {
    const name = stem === 't@' ? 't@x.service' : `${stem}.service`;
    const before = generateInstall(random, stem);
    const isRenamed = random.chance(0.3);
    const isGone = !isRenamed && random.chance(0.15);
    const isStatic = !isRenamed && random.chance(0.1);
    const after = random.chance(0.5) ? before : generateInstall(random, stem);
    const alias = isRenamed ? [`Alias=${fileName(name)}`] : [];
    const now = isRenamed ? `new-${name}` : name;
    return {
      name,
      now: isGone ? null : now,
      before,
      after: isStatic ? [] : [...after, ...alias],
      isLinked: random.chance(0.5),
    };
  });
}

function generateInstall(random: Random, stem: string): string[] {
  const wanted = targets.filter(() => random.chance(0.5));
  const lines = [`WantedBy=${(wanted.length === 0 ? ['multi-user.target'] : wanted).join(' ')}`];
  if (random.chance(0.3)) lines.push(`RequiredBy=${random.pick(targets)}`);
  if (random.chance(0.3) && stem !== 't@') lines.push(`Alias=also-${stem}-${random.below(2)}.service`);
  return lines;
}

/** The image before. */
export function imageBefore(evolutions: readonly Evolution[]): Tree {
  return image(Object.fromEntries(evolutions.map(({ name, before }) => [fileName(name), service(...before)])));
}

/** The new image. */
export function imageAfter(evolutions: readonly Evolution[]): Tree {
  const units: [string, Node][] = [];
  for (const { name, now, after, isLinked } of evolutions) {
    if (now === null) continue;
    units.push([fileName(now), service(...after)]);
    if (now !== name && isLinked) units.push([fileName(name), symlink(fileName(now))]);
  }
  return image(Object.fromEntries(units));
}

/** The file of a unit: that of the template for an instance. */
function fileName(name: string): string {
  return name.replace(/@x\./, '@.');
}
