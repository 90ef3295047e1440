import type { ByteString } from '../../domain/bytes.ts';
import { isGeneral, isSubvolume, mergeOptions } from './options.ts';
import {
  type EntryLine,
  fieldOf,
  frequencyField,
  optionsField,
  passField,
  sameLine,
  sourceField,
  sourceOf,
  typeField,
  withField,
} from './parse-fstab.ts';

export type EntrySides = { readonly base: EntryLine | null; readonly ours: EntryLine; readonly theirs: EntryLine };

/** How an entry is merged. */
export type EntryRules = {
  /** Whether what is mounted there belongs to the image: then its device, type and subvolume are theirs. */
  readonly ofImage: boolean;
  /** The side that has its way where both changed the same, differently. */
  readonly prefer: 'ours' | 'theirs';
};

/** Something that both sides changed, differently. */
export type FieldConflict = { readonly what: string; readonly ours: ByteString; readonly theirs: ByteString };

export type MergedEntry = { readonly line: EntryLine; readonly conflicts: readonly FieldConflict[] };

/** Merges an entry that ours and theirs have, field by field, on ours' line. A line that one side left as it was is the other's. */
export function mergeEntry(sides: EntrySides, rules: EntryRules): MergedEntry {
  const { base, ours, theirs } = sides;
  if (sameLine(ours, theirs)) return { line: ours, conflicts: [] };
  if (base !== null && sameLine(ours, base)) return { line: theirs, conflicts: [] };
  if (base !== null && sameLine(theirs, base) && !rules.ofImage) return { line: ours, conflicts: [] };
  if (base === null && !rules.ofImage) return bothAdded(sides, rules);
  const device = mergeDevice(sides, rules);
  const typeChanged = fieldOf(device.line, typeField) !== fieldOf(ours, typeField);
  const options = mergeOptionsField({ ...sides, ours: device.line }, rules, typeChanged);
  const frequency = mergeNumber(frequencyField, 'the dump frequency', { ...sides, ours: options.line }, rules);
  const pass = mergeNumber(passField, 'the order of checking', { ...sides, ours: frequency.line }, rules);
  return {
    line: pass.line,
    conflicts: [device, options, frequency, pass].flatMap(({ conflicts }) => conflicts),
  };
}

/** Without a base nothing tells what of the two goes together: one side's entry stands whole. */
function bothAdded({ ours, theirs }: EntrySides, { prefer }: EntryRules): MergedEntry {
  const fields = (line: EntryLine): string =>
    [sourceOf(line), ...[typeField, optionsField, frequencyField, passField].map((place) => fieldOf(line, place))].join(
      ' ',
    );
  if (fields(ours) === fields(theirs)) return { line: ours, conflicts: [] };
  const conflict = { what: 'the whole entry', ours: fields(ours), theirs: fields(theirs) };
  return { line: prefer === 'theirs' ? theirs : ours, conflicts: [conflict] };
}

/** Type and options would not fit another device, so device and type go together. */
function mergeDevice({ base, ours, theirs }: EntrySides, { ofImage, prefer }: EntryRules): MergedEntry {
  const device = (line: EntryLine): string => `${sourceOf(line)} ${fieldOf(line, typeField)}`;
  const [b, o, t] = [base && device(base), device(ours), device(theirs)];
  if (o === t || (t === b && !ofImage)) return { line: ours, conflicts: [] };
  const isConflict = o !== b && !ofImage;
  const conflicts = isConflict ? [{ what: 'the device', ours: o, theirs: t }] : [];
  if (isConflict && prefer === 'ours') return { line: ours, conflicts };
  const withSource = withField(ours, sourceField, fieldOf(theirs, sourceField));
  return { line: withField(withSource, typeField, fieldOf(theirs, typeField)), conflicts };
}

function mergeOptionsField(
  { base, ours, theirs }: EntrySides,
  { ofImage, prefer }: EntryRules,
  typeChanged: boolean,
): MergedEntry {
  const [b, o, t] = [base && fieldOf(base, optionsField), fieldOf(ours, optionsField), fieldOf(theirs, optionsField)];
  if (o === t || (t === b && !ofImage && !typeChanged)) return { line: ours, conflicts: [] };
  if (o === b) return { line: withField(ours, optionsField, t), conflicts: [] };
  const ofTheirs = (key: string): boolean => (ofImage && isSubvolume(key)) || (typeChanged && !isGeneral(key));
  const { field, conflicts, lost } = mergeOptions({ base: b, ours: o, theirs: t }, { prefer, ofTheirs });
  const conflict = (keys: readonly string[], note: string): FieldConflict[] =>
    keys.length === 0 ? [] : [{ what: `the options ${keys.join(', ')}${note}`, ours: o, theirs: t }];
  const misfits = lost.filter((key) => !isSubvolume(key));
  return {
    line: withField(ours, optionsField, field),
    conflicts: [
      ...conflict(conflicts, ''),
      ...conflict(misfits, ', of the image, as it has another type of filesystem there'),
    ],
  };
}

function mergeNumber(
  place: number,
  what: string,
  { base, ours, theirs }: EntrySides,
  { ofImage, prefer }: EntryRules,
): MergedEntry {
  const [b, o, t] = [base && fieldOf(base, place), fieldOf(ours, place), fieldOf(theirs, place)];
  if (o === t || t === b) return { line: ours, conflicts: [] };
  const isConflict = o !== b && !ofImage;
  const line = isConflict && prefer === 'ours' ? ours : withField(ours, place, t);
  return { line, conflicts: isConflict ? [{ what, ours: o, theirs: t }] : [] };
}
