import type { ByteString } from '../../src/domain/bytes.ts';
import type { RootPath } from '../../src/domain/path.ts';
import { compilePolicy, type Policy } from '../../src/policy/compile.ts';
import { parsePolicy } from '../../src/policy/parse.ts';

/** A policy of these lines alone, without the built-in rules; packages are named with their files. */
export function policyOf(
  lines: readonly ByteString[],
  packages: Readonly<Record<string, readonly RootPath[]>> = {},
): Policy {
  const known = new Map(Object.entries(packages).map(([name, files]) => [name, new Set(files)]));
  return compilePolicy(parsePolicy(lines.join('\n'), 'test.policy'), (name) => known.get(name) ?? null);
}
