import { type ByteString, bytesOfText, displayBytes, textOrBytes } from '../../domain/bytes.ts';
import type { Entry } from '../../domain/entry.ts';
import { Failure } from '../../domain/failure.ts';
import type { Check, CheckKind, SkippedCheck } from '../../domain/health.ts';
import { childOf, nameOf, parentOf } from '../../domain/path.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { System } from '../../system/system.ts';

/**
 * Where checks lie, a pair for each layout: the image's, and the machine's own, which replace those of the image that have the
 * same name. The second is greenboot's (https://github.com/fedora-iot/greenboot, "Usage").
 */
const layouts: readonly (readonly [image: string, machine: string])[] = [
  ['/usr/lib/migrate/check.d', '/etc/migrate/check.d'],
  ['/usr/lib/greenboot/check', '/etc/greenboot/check'],
];

/** What packages and editors leave beside a file is not meant: `.rpmnew`, `.dpkg-old`, `~`. */
const usable = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;
const leftBeside = /\.(rpmnew|rpmsave|rpmorig|dpkg-[a-z]+|ucf-[a-z]+|bak|orig|swp)$/;

export type FoundChecks = { readonly checks: readonly Check[]; readonly skipped: readonly SkippedCheck[] };

/** One name in a directory of checks: to be run, to be passed over with a word, or masked. */
type Found = { readonly name: ByteString } & (
  | { readonly is: 'check'; readonly check: Check }
  | { readonly is: 'skipped'; readonly skipped: SkippedCheck }
  | { readonly is: 'masked' }
);

/**
 * The checks of a system, required ones first, each kind in the order of their names. `root` is where the system lies on this
 * machine. Throws Failure `no-directory` where a directory of checks is something else.
 */
export function findChecks(system: System, root: string): FoundChecks {
  const found = (['required', 'wanted'] as const).flatMap((kind) => sorted(findKind(system, root, kind)));
  return {
    checks: found.flatMap((each) => (each.is === 'check' ? [each.check] : [])),
    skipped: found.flatMap((each) => (each.is === 'skipped' ? [each.skipped] : [])),
  };
}

function findKind(system: System, root: string, kind: CheckKind): readonly Found[] {
  const top = root === '/' ? '' : root;
  return layouts.flatMap(([image, machine]) => {
    const [shipped = [], own = []] = [image, machine].map((directory) =>
      checksIn(system, `${top}${directory}/${kind}.d`, kind),
    );
    const replaced = new Set(own.map(({ name }) => name));
    return [...shipped.filter(({ name }) => !replaced.has(name)), ...own];
  });
}

function sorted(found: readonly Found[]): readonly Found[] {
  return found.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

function checksIn(system: System, directory: string, kind: CheckKind): readonly Found[] {
  if (!system.exists(directory)) return [];
  return withDirectory(system, system.directory(directory), (files) =>
    files.list('/').map((name): Found => {
      const path = childOf(bytesOfText(directory), name);
      const entry = files.entry(childOf('/', name));
      if (entry?.type === 'symlink' && entry.target === '/dev/null') return { name, is: 'masked' };
      const why = unfit(name) ?? unusableAs(entry?.type === 'symlink' ? targetOf(system, path) : entry);
      if (why === null) return { name, is: 'check', check: { kind, name, path } };
      return { name, is: 'skipped', skipped: { path, why } };
    }),
  );
}

function unfit(name: ByteString): string | null {
  if (!usable.test(name)) return 'its name has other characters than letters, digits and . _ + -';
  const [beside] = leftBeside.exec(name) ?? [];
  return beside === undefined ? null : `its name ends with ${beside}`;
}

function unusableAs(entry: Pick<Entry, 'type' | 'mode'> | null): string | null {
  if (entry === null) return 'it is a link to nothing';
  if (entry.type !== 'file') return `it is a ${entry.type}`;
  return (entry.mode & 0o111) === 0 ? 'it is not executable' : null;
}

/** What a link leads to; null where it leads nowhere. */
function targetOf(system: System, link: ByteString): Pick<Entry, 'type' | 'mode'> | null {
  try {
    const target = system.resolve(textOrBytes(link));
    return withDirectory(system, parentOf(target), (files) => files.status(childOf('/', nameOf(target))));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return null;
  }
}

/** Where checks are looked for, for a person who has none. */
export function placesOfChecks(): string {
  return layouts.flatMap(([, machine]) => displayBytes(`${machine}/required.d`)).join(', ');
}
