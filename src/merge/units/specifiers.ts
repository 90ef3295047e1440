import type { ByteString } from '../../domain/bytes.ts';
import { instanceOf, isTemplate, prefixOf, typeOf, withInstance } from './unit-name.ts';

/**
 * A word of an [Install] section with its specifiers replaced, as systemd.unit(5) has them: `%i` `%j` `%p` `%n` `%N` `%%`.
 * A template with a default instance stands for that instance. Null where the word has another specifier: those tell of the
 * running machine, which is not known here.
 */
export function expandSpecifiers(word: ByteString, unit: ByteString, defaultInstance: ByteString): ByteString | null {
  const name = isTemplate(unit) && defaultInstance !== '' ? withInstance(unit, defaultInstance) : unit;
  const prefix = prefixOf(name);
  const values: Readonly<Record<string, ByteString>> = {
    i: instanceOf(name) ?? '',
    j: prefix.slice(prefix.lastIndexOf('-') + 1),
    p: prefix,
    n: name,
    N: name.slice(0, -typeOf(name).length - 1),
    '%': '%',
  };
  const specifiers = word.match(/%./g) ?? [];
  if (specifiers.some((specifier) => values[specifier.slice(1)] === undefined)) return null;
  return word.replace(/%(.)/g, (_, letter: string) => values[letter] ?? '');
}
