import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { errorCode, Failure } from '../domain/failure.ts';
import { ancestorsOf, childOf, nameOf, type RootPath } from '../domain/path.ts';
import type { Rule } from '../domain/policy.ts';
import { mergeDirectories, orderRules, type PolicyFile } from '../policy/order.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Files } from '../system/files.ts';

/** Where an image keeps its policies, and where a machine keeps its own. */
export const policyDirectories = { image: '/usr/lib/migrate/policy.d', machine: '/etc/migrate/policy.d' } as const;

/** The text of a policy that was named on the command line. */
export type NamedPolicy = { readonly name: string; readonly text: ByteString };

/**
 * All rules in their order, the built-in ones included: of the new image (theirs) and of the machine (ours), or of
 * `policyFiles` alone where these are given. Throws Failure `policy-syntax` or `policy-unreadable`.
 */
export function loadPolicy(sources: {
  readonly theirs: Files | null;
  readonly ours: Files | null;
  readonly policyFiles: readonly NamedPolicy[] | null;
  /** A file of the machine's as it would be, whatever stands there now. */
  readonly ownFile?: { readonly path: RootPath; readonly text: ByteString };
}): Rule[] {
  const { theirs, ours, policyFiles, ownFile } = sources;
  if (policyFiles !== null) {
    return orderRules(policyFiles.map(({ name, text }) => ({ name, rules: parsePolicy(text, name) })));
  }
  const shipped = theirs === null ? [] : readDirectory(theirs, policyDirectories.image);
  const local = ours === null ? [] : readDirectory(ours, policyDirectories.machine);
  return orderRules(mergeDirectories(shipped, ownFile === undefined ? local : withFile(local, ownFile)));
}

function withFile(policies: readonly PolicyFile[], { path, text }: { path: RootPath; text: ByteString }): PolicyFile[] {
  const name = nameOf(path);
  const others = policies.filter((policy) => policy.name !== name);
  return [...others, { name, rules: parsePolicy(text, displayBytes(path)) }];
}

function readDirectory(files: Files, directory: RootPath): PolicyFile[] {
  if (!directoryExists(files, directory)) return [];
  const names = guarded(files, directory, () => files.list(directory));
  return names
    .filter((name) => name.endsWith('.policy'))
    .map((name) => {
      const path = childOf(directory, name);
      return { name, rules: parsePolicy(readPolicyFile(files, path), displayBytes(path)) };
    });
}

// A link on the way would read as "nothing there": rules that someone wrote must not be missed without a word.
function directoryExists(files: Files, directory: RootPath): boolean {
  for (const path of [...ancestorsOf(directory), directory]) {
    const status = guarded(files, path, () => files.status(path));
    if (status === null) return false;
    if (status.type !== 'directory') throw unreadable(files, path, `it is a ${status.type}, not a directory`);
  }
  return true;
}

// As with other systems' drop-in directories, a link to /dev/null stands for an empty file: it switches a shipped one off.
function readPolicyFile(files: Files, path: RootPath): ByteString {
  const entry = guarded(files, path, () => files.entry(path));
  if (entry?.type === 'symlink' && entry.target === '/dev/null') return '';
  if (entry?.type !== 'file') throw unreadable(files, path, `it is a ${entry?.type ?? 'missing file'}, not a file`);
  return guarded(files, path, () => files.read(path));
}

function guarded<Value>(files: Files, path: RootPath, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    throw unreadable(files, path, code, error);
  }
}

function unreadable(files: Files, path: RootPath, why: string, cause?: unknown): Failure {
  const place = files.root === '/' ? path : `${files.root}${path}`;
  return new Failure({
    code: 'policy-unreadable',
    kind: 'input',
    message: `Cannot read the policy ${displayBytes(place)}: ${why}`,
    advice: 'Make it a readable file in a real directory, or name the policies to use with --policy.',
    cause,
  });
}
