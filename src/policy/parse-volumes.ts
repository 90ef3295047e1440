import { type ByteString, displayBytes, textOfBytes } from '../domain/bytes.ts';
import { type DeclaredClass, type DeclaredVolume, usualBinding } from '../domain/declared-volume.ts';
import { Failure } from '../domain/failure.ts';
import type { RuleSource } from '../domain/policy.ts';
import { isPartName } from '../domain/volume-name.ts';
import { RuleError } from './rule-error.ts';
import { parseMountPoint } from './volume-mount-point.ts';
import { splitWords } from './words.ts';

const byteOrderMark = '\xef\xbb\xbf';
const example = 'volume home /home class=data';
const classes: readonly DeclaredClass[] = ['config', 'state', 'data'];
/** Options that say which branch is mounted, which is the version's to say. */
const reservedOptions: readonly string[] = ['subvol', 'subvolid', 'bind', 'rbind', 'remount', 'upperdir', 'lowerdir'];

/**
 * Reads the declarations of volumes in a file, one a line: `volume NAME MOUNTPOINT class=config|state|data`, then
 * `binding=version|shared` and `options=A,B` where they are wanted. Blanks, `\` and `#` are as in a policy. `file` is its
 * name for messages. Throws Failure `volume-syntax` at the first line that cannot be read.
 */
export function parseVolumes(text: ByteString, file: string): DeclaredVolume[] {
  const body = text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
  return body.split('\n').flatMap((line, index) => parseLine(line, { file, line: index + 1 }));
}

function parseLine(line: ByteString, source: RuleSource): DeclaredVolume[] {
  const [verb, ...words] = splitWords(line).words;
  if (verb === undefined) return [];
  try {
    return [{ ...parseVolume(verb, words), source }];
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw new Failure({
      code: 'volume-syntax',
      kind: 'input',
      message: `${source.file}, line ${source.line}: ${error.message}`,
      cause: error,
    });
  }
}

function parseVolume(verb: ByteString, words: readonly ByteString[]): Omit<DeclaredVolume, 'source'> {
  if (verb !== 'volume') throw new RuleError(`unknown word "${displayBytes(verb)}": a line starts with "volume"`);
  const [name, mountPoint, ...attributes] = words;
  if (name === undefined || mountPoint === undefined) {
    throw new RuleError(`"volume" needs a name and a mount point after it, such as ${example}`);
  }
  const given = readAttributes(attributes);
  const volumeClass = parseClass(given.get('class'));
  return {
    name: parseName(name),
    class: volumeClass,
    mountPoint: parseMountPoint(mountPoint),
    binding: parseBinding(given.get('binding')) ?? usualBinding(volumeClass),
    options: parseOptions(given.get('options')),
  };
}

function readAttributes(words: readonly ByteString[]): ReadonlyMap<string, ByteString> {
  const attributes = new Map<string, ByteString>();
  for (const word of words) {
    const [, name, value] = /^(class|binding|options)=(.+)$/s.exec(word) ?? [];
    if (name === undefined || value === undefined) {
      throw new RuleError(
        `"${displayBytes(word)}" is no attribute of a volume: class=, binding= and options= are allowed`,
      );
    }
    if (attributes.has(name)) throw new RuleError(`"${displayBytes(word)}" is the second "${name}" of this volume`);
    attributes.set(name, value);
  }
  return attributes;
}

function parseName(name: ByteString): string {
  if (name === 'system') throw new RuleError('"system" is the volume of the versions\' roots; call it otherwise');
  if (isPartName(name)) return name;
  throw new RuleError(
    `"${displayBytes(name)}" is no name of a volume: at most 120 letters, digits and "._+:-", such as home`,
  );
}

function parseClass(value: ByteString | undefined): DeclaredClass {
  const known = classes.find((each) => each === value);
  if (known !== undefined) return known;
  const what = value === undefined ? 'the class is missing' : `unknown class "${displayBytes(value)}"`;
  throw new RuleError(`${what}: class=config (settings), class=state or class=data`);
}

function parseBinding(value: ByteString | undefined): DeclaredVolume['binding'] | null {
  if (value === undefined) return null;
  if (value === 'version' || value === 'shared') return value;
  throw new RuleError(
    `"binding=${displayBytes(value)}": binding=version (a branch for each version) and binding=shared are allowed`,
  );
}

function parseOptions(value: ByteString | undefined): readonly string[] {
  const text = value === undefined ? '' : textOfBytes(value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a unit cannot hold
  if (text === null || /[\x00-\x1f\x7f-\x9f]|\\$/.test(text)) {
    throw new RuleError(`"options=${displayBytes(value ?? '')}" cannot stand in a mount unit`);
  }
  const options = text === '' ? [] : text.split(',');
  for (const option of options) {
    const name = option.replace(/=.*$/s, '');
    if (name === '') throw new RuleError(`"options=${text}" has an empty option`);
    if (reservedOptions.includes(name))
      throw new RuleError(`option "${option}": what is mounted is for migrate to say`);
  }
  return options;
}
