import { displayBytes } from '../domain/bytes.ts';
import type { PathFacts } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import { type Item, keepOurs, takeTheirs } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import { fingerprintFacts, makeItem } from './make-item.ts';
import type { PlanInput } from './plan-input.ts';

/** Ours and the image's are of different types: ours stays, and the image's children that it hides are named. */
export function clashItem(facts: PathFacts, hidden: readonly RootPath[], input: PlanInput): Item {
  const names = hidden.map(displayBytes).join(', ');
  return makeItem(
    {
      kind: 'type',
      subject: facts.path,
      paths: [facts.path, ...hidden],
      severity: 'warning',
      blocks: 'service',
      title: `${displayBytes(facts.path)} is ${nameOfType(facts.ours)} here and ${nameOfType(facts.theirs)} in the image`,
      detail: hidden.length === 0 ? 'Ours stays' : `Ours stays and hides what the image has in it: ${names}`,
      resolutions: [keepOurs, takeTheirs],
      facts: [fingerprintFacts(facts), hidden],
    },
    input,
  );
}

/** The type of an entry in words, with its article. */
export function nameOfType(entry: Entry | null): string {
  const names: Readonly<Record<Entry['type'], string>> = {
    file: 'a file',
    directory: 'a directory',
    symlink: 'a symbolic link',
    fifo: 'a fifo',
    socket: 'a socket',
    character: 'a character device',
    block: 'a block device',
    whiteout: 'a whiteout',
  };
  return entry === null ? 'nothing' : names[entry.type];
}
