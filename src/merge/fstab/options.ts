import type { ByteString } from '../../domain/bytes.ts';

/** Words of which one takes the place of another, by what they are about; `noX` and `X` are alike without a row. */
const alternatives: ReadonlyMap<string, string> = new Map([
  ['ro', 'rw'],
  ['relatime', 'atime'],
  ['strictatime', 'atime'],
  ['async', 'sync'],
  ['users', 'user'],
  ['owner', 'user'],
  ['group', 'user'],
]);

/** Options of every type of filesystem (mount(8), systemd.mount(5)), by their keys. */
const generalKeys = new Set([
  ...['defaults', 'rw', 'atime', 'diratime', 'lazytime', 'suid', 'dev', 'exec', 'sync', 'dirsync', 'mand', 'iversion'],
  ...['symfollow', 'auto', 'user', 'fail', '_netdev'],
]);

/** Whether an option of that key fits every type of filesystem. */
export function isGeneral(key: string): boolean {
  return generalKeys.has(key) || /^(?:x-|X-|comment=?)/.test(key);
}

/** Whether it says which subvolume of a btrfs is mounted: as much a part of what is mounted as the device. */
export function isSubvolume(key: string): boolean {
  return key === 'subvol' || key === 'subvolid';
}

/** The options of a field; a comma in quotes or after a backslash is part of one. */
export function splitOptions(field: ByteString): ByteString[] {
  return field.match(/(?:\\.|"[^"]*"|[^,])+/g) ?? [];
}

/** What an option is about: options of one key exclude each other. */
export function keyOf(option: ByteString): string {
  const name = option.split('=', 1)[0] ?? option;
  const positive = name.startsWith('no') && !option.includes('=') ? name.slice(2) : name;
  return alternatives.get(positive) ?? positive;
}

/** Whether the option is among them, with a value or without. */
export function hasOption(field: ByteString, option: ByteString): boolean {
  return splitOptions(field).some((one) => one === option || one.startsWith(`${option}=`));
}

/** The options with one more, which takes the place of `defaults`. */
export function withOption(field: ByteString, option: ByteString): ByteString {
  const others = splitOptions(field).filter((one) => one !== 'defaults' && keyOf(one) !== keyOf(option));
  return [...others, option].join(',');
}

export type OptionSides = { readonly base: ByteString | null; readonly ours: ByteString; readonly theirs: ByteString };

export type MergedOptions = {
  readonly field: ByteString;
  /** Keys of options that both sides changed, differently. */
  readonly conflicts: readonly string[];
  /** Keys of options that ours changed, and that are theirs alone to say. */
  readonly lost: readonly string[];
};

export type OptionRules = {
  /** The side that has its way where both changed an option differently. */
  readonly prefer: 'ours' | 'theirs';
  /** Of which keys theirs alone decides. */
  readonly ofTheirs: (key: string) => boolean;
};

/**
 * Merges what both sides did to options: an option that one side added, removed or gave another value is as there. Ours'
 * order stays; what theirs added stands after what it has before it.
 */
export function mergeOptions(sides: OptionSides, rules: OptionRules): MergedOptions {
  const { base, ours, theirs } = optionsByKey(sides);
  const found: Record<Exclude<Outcome['found'], null>, string[]> = { conflicts: [], lost: [] };
  let merged: readonly Row[] = [...ours];
  let before: string | null = null;
  for (const key of new Set([...theirs.keys(), ...base.keys(), ...ours.keys()])) {
    const outcome = chooseOption({ b: base.get(key), o: ours.get(key), t: theirs.get(key) }, rules);
    if (outcome.found !== null) found[outcome.found].push(key);
    merged = withRow(merged, [key, outcome.option], before);
    if (theirs.has(key) && outcome.option !== undefined) before = key;
  }
  const options = merged.map(([, option]) => option);
  const named = options.length > 1 && !ours.has('defaults') ? options.filter((one) => one !== 'defaults') : options;
  return { field: named.length === 0 ? 'defaults' : named.join(','), ...found };
}

type Option = ByteString | undefined;
type Outcome = { readonly option: Option; readonly found: 'conflicts' | 'lost' | null };

function chooseOption({ b, o, t }: Record<'b' | 'o' | 't', Option>, { prefer, ofTheirs }: OptionRules): Outcome {
  if (o === t || o === b) return { option: t, found: null };
  if (ofTheirs(keyOf(o ?? t ?? b ?? ''))) return { option: t, found: 'lost' };
  if (t === b) return { option: o, found: null };
  return { option: prefer === 'theirs' ? t : o, found: 'conflicts' };
}

type Row = readonly [key: string, option: ByteString];

/** Sets, removes, or adds after `before`. */
function withRow(
  rows: readonly Row[],
  [key, option]: readonly [string, ByteString | undefined],
  before: string | null,
): readonly Row[] {
  if (option === undefined) return rows.filter(([other]) => other !== key);
  if (rows.some(([other]) => other === key)) return rows.map((row) => (row[0] === key ? [key, option] : row));
  const place = rows.findIndex(([other]) => other === before);
  return rows.toSpliced(place === -1 ? rows.length : place + 1, 0, [key, option]);
}

type Keyed = ReadonlyMap<string, ByteString>;

/** Options by their key. Where a list has several of one key (`x-systemd.requires=`), each is a key of its own. */
function optionsByKey({ base, ours, theirs }: OptionSides): Record<keyof OptionSides, Keyed> {
  const lists = { base: splitOptions(base ?? ''), ours: splitOptions(ours), theirs: splitOptions(theirs) };
  const repeated = new Set(
    Object.values(lists).flatMap((list) => list.map(keyOf).filter((key, index, keys) => keys.indexOf(key) !== index)),
  );
  const keyed = (list: readonly ByteString[]): Keyed =>
    new Map(list.map((option) => [repeated.has(keyOf(option)) ? option : keyOf(option), option]));
  return { base: keyed(lists.base), ours: keyed(lists.ours), theirs: keyed(lists.theirs) };
}
