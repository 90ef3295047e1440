import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { nameOf, type RootPath } from '../domain/path.ts';
import type { Rule } from '../domain/policy.ts';
import { mergeDirectories, orderRules, type PolicyFile } from '../policy/order.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Files } from '../system/files.ts';
import { type DropIns, readDropIns } from './read-drop-ins.ts';

/** Where an image keeps its policies, and where a machine keeps its own. */
export const policyDirectories = { image: '/usr/lib/migrate/policy.d', machine: '/etc/migrate/policy.d' } as const;

const policies: DropIns = {
  noun: 'policy',
  ending: '.policy',
  code: 'policy-unreadable',
  advice: 'Make it a readable file in a real directory, or name the policies to use with --policy.',
};

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
  return readDropIns(files, directory, policies).map(({ name, path, text }) => ({
    name,
    rules: parsePolicy(text, displayBytes(path)),
  }));
}
