import { type ByteString, textOrBytes } from '../domain/bytes.ts';

/** The assignments of an os-release file (os-release(5)): a shell's, without its substitutions; the last one counts. */
export function parseOsRelease(content: ByteString): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of content.split('\n')) {
    const [, name, value = ''] = /^[ \t]*([A-Z0-9_]+)=(.*?)[ \t\r]*$/.exec(line) ?? [];
    if (name !== undefined) values.set(name, textOrBytes(unquote(value)));
  }
  return values;
}

function unquote(value: ByteString): ByteString {
  const single = /^'([^']*)'$/.exec(value)?.[1];
  if (single !== undefined) return single;
  const inner = /^"(.*)"$/.exec(value)?.[1];
  return inner === undefined ? value : inner.replace(/\\(["$`\\])/g, '$1');
}
