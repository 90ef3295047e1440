import { type ByteString, displayBytes } from '../domain/bytes.ts';
import type { PathFacts } from '../domain/change.ts';
import type { ItemDraft } from '../domain/item.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { JointInput, JointOutcome, JointStrategy } from './joint-strategy.ts';
import { carriedOf, resultOf, type Tree } from './units/tree.ts';

/**
 * Names what is carried to a path at which systemd-tmpfiles puts something else at every boot: Debian 13 has such lines for
 * `/etc/vconsole.conf` and `/etc/default/locale`. It stays carried, for the line may go, or be masked in /etc.
 */
export const replacedAtBoot: JointStrategy = { name: 'replaced-at-boot', decide };

function decide(input: JointInput): JointOutcome {
  const carried = carriedOf(input);
  const present = [...carried.values()].filter((facts) => facts.role === 'changed' && facts.ours !== null);
  const lines = present.length === 0 ? new Map<RootPath, Line>() : replacingLines(resultOf(input.view, carried));
  const items = present.flatMap((facts) => {
    const line = lines.get(facts.path);
    // What a rule renames leaves the old name to the image.
    if (line === undefined || input.verdictOf(facts.path).to !== null || isAlready(facts, line)) return [];
    return [input.settle(draftOf(facts, line))];
  });
  return { decided: new Map(), items, owners: null };
}

/** A line of tmpfiles.d that replaces what stands at its path: by a link, or else by a file. */
type Line = { readonly isLink: boolean; readonly argument: ByteString; readonly file: RootPath };

/** `L+`, `f+`, and `F` as that was called before, with other modifiers besides. */
const isReplacing = /^(?:[Lf][^+]*\+|F)/;

/** In the order in which a file of one hides those of its name in the next (tmpfiles.d(5)); /run does not outlive a boot. */
const directories: readonly RootPath[] = ['/etc/tmpfiles.d', '/usr/local/lib/tmpfiles.d', '/usr/lib/tmpfiles.d'];

/** Of several lines for one path the first counts, files being read in the order of their names. */
function replacingLines(result: Tree): ReadonlyMap<RootPath, Line> {
  const files = new Map<ByteString, RootPath>();
  for (const directory of directories)
    for (const name of result.names(directory))
      if (name.endsWith('.conf') && !files.has(name)) files.set(name, childOf(directory, name));
  const lines = new Map<RootPath, Line>();
  for (const [, file] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const text of result.content(file)?.split('\n') ?? []) {
      const [type = '', path = '', , , , , ...argument] = text.trim().split(/[ \t]+/);
      if (!isReplacing.test(type) || lines.has(path)) continue;
      lines.set(path, { isLink: type.startsWith('L'), argument: argument.join(' '), file });
    }
  }
  return lines;
}

function isAlready({ ours }: PathFacts, { isLink, argument }: Line): boolean {
  return isLink && ours?.type === 'symlink' && ours.target === argument;
}

function draftOf({ path }: PathFacts, { isLink, argument, file }: Line): ItemDraft {
  const [name, source] = [displayBytes(path), displayBytes(file)];
  const other = isLink ? `a link${argument === '' ? '' : ` to ${displayBytes(argument)}`}` : 'a file of its own';
  return {
    kind: 'replaced-at-boot',
    subject: path,
    paths: [path],
    severity: 'warning',
    blocks: 'nothing',
    title: `${name} was changed here, and the new system puts ${other} in its place at every boot`,
    detail: `systemd-tmpfiles does so by a line of ${source}; a file of the same name in /etc/tmpfiles.d without the line keeps ${name}`,
    resolutions: [],
    facts: [isLink, argument, source],
  };
}
