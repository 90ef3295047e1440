import { writeWhole } from '../apply/run-folder.ts';
import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { ancestorsOf, type RootPath } from '../domain/path.ts';
import type { Rule, Verb, Verdict } from '../domain/policy.ts';
import { placeOf } from '../domain/rule-place.ts';
import { compilePolicy } from '../policy/compile.ts';
import { patternOf, type RuleSubject, withoutRules, withRule } from '../policy/local-rules.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { loadPolicy, policyDirectories } from './load-policy.ts';
import { packagesOf } from './packages-of.ts';

/** Where the machine's own rules are kept; read after the policies of images and vendors by its name. */
export const localPolicyFile: RootPath = `${policyDirectories.machine}/90-local.policy`;

/** The system whose policy is edited, and what it takes to ask its package databases. */
export type Machine = { readonly system: System; readonly root: Files };

type Deciding = { readonly verb: Verb; readonly rule: Rule };

/** What was done to the machine's own rules, and what holds now. */
export type PolicyEdit = {
  readonly added: readonly ByteString[];
  readonly removed: readonly ByteString[];
  /** The rule that decides about the subject now. */
  readonly deciding: Deciding;
};

/**
 * Has the machine's own policy carry the subject, by one rule. Changes nothing where a rule carries it already. Throws
 * Failure `overruled` where the rule would have no effect, and `no-package` where no such package is known.
 */
export function persistSubject(machine: Machine, subject: RuleSubject, options: { readonly pin: boolean }): PolicyEdit {
  const verb = options.pin ? 'pin' : 'persist';
  const before = decisionOn(machine, subject);
  // A rule for all of /etc carries the path today; a rule that names it says that it is meant.
  if (before.verb === verb && namesSubject(before.rule, subject)) return { added: [], removed: [], deciding: before };
  const { text, removed } = withoutRules(readLocal(machine.root), subject);
  const rule = `${verb} ${patternOf(subject)}`;
  return commit(machine, subject, { text: withRule(text, rule), added: [rule], removed, wanted: verb });
}

/**
 * Takes the machine's own rules about the subject away. With `ignore` a rule then leaves the subject to the image whatever
 * other rules say. Throws Failure `nothing-to-forget` where there is neither.
 */
export function forgetSubject(
  machine: Machine,
  subject: RuleSubject,
  options: { readonly ignore: boolean },
): PolicyEdit {
  const { text, removed } = withoutRules(readLocal(machine.root), subject);
  if (options.ignore) {
    const rule = `ignore ${patternOf(subject)}`;
    if (removed.length === 1 && removed[0] === rule) return unchanged(machine, subject);
    return commit(machine, subject, { text: withRule(text, rule), added: [rule], removed, wanted: 'ignore' });
  }
  if (removed.length > 0) return commit(machine, subject, { text, added: [], removed, wanted: null });
  const deciding = decisionOn(machine, subject);
  throw new Failure({
    code: 'nothing-to-forget',
    kind: 'input',
    message: `Cannot forget ${nameOf(subject)}: no rule of this machine's own (${localPolicyFile}) names it${byWhom(deciding)}`,
    advice: 'Add --ignore to leave it to the image all the same',
  });
}

function unchanged(machine: Machine, subject: RuleSubject): PolicyEdit {
  return { added: [], removed: [], deciding: decisionOn(machine, subject) };
}

type Edit = {
  readonly text: ByteString;
  readonly added: readonly ByteString[];
  readonly removed: readonly ByteString[];
  /** What must hold afterwards; null where whatever other rules say may. */
  readonly wanted: Verb | null;
};

function commit(machine: Machine, subject: RuleSubject, { text, added, removed, wanted }: Edit): PolicyEdit {
  const deciding = decisionOn(machine, subject, text);
  if (wanted !== null && deciding.verb !== wanted) throw overruled(subject, wanted, deciding.rule);
  writeLocal(machine.root, text);
  return { added, removed, deciding };
}

/** What the policy of this machine says of the subject; with the machine's own rules as in `text`, where it is given. */
function decisionOn({ system, root }: Machine, subject: RuleSubject, text?: ByteString): Deciding {
  const databases = packagesOf([root], system);
  const own = text === undefined ? {} : { ownFile: { path: localPolicyFile, text } };
  const policy = compilePolicy(loadPolicy({ theirs: root, ours: root, policyFiles: null, ...own }), databases);
  const paths = subject.kind === 'package' ? filesOf(databases(subject.name), subject.name) : [subject.path];
  const verdicts = paths.map(policy.verdictOf);
  // Of a package single files may be left to other rules.
  const { verb, rule } = verdicts.find((verdict) => namesSubject(verdict.rule, subject)) ?? (verdicts[0] as Verdict);
  return { verb, rule };
}

function filesOf(files: ReadonlySet<RootPath> | null, name: ByteString): readonly RootPath[] {
  if (files !== null && files.size > 0) return [...files];
  throw new Failure({
    code: 'no-package',
    kind: 'input',
    message: `Cannot find the package ${displayBytes(name)}: ${files === null ? 'the package database does not know it' : 'it has no files'}`,
    advice: 'Look up its name with "dpkg --search PATH" or "rpm --query --file PATH"',
  });
}

function namesSubject({ pattern, verb }: Rule, subject: RuleSubject): boolean {
  return verb !== 'default' && pattern === patternOf(subject);
}

function readLocal(root: Files): ByteString {
  const status = root.status(localPolicyFile);
  if (status === null) return '';
  if (status.type === 'file') return root.read(localPolicyFile);
  throw new Failure({
    code: 'policy-unreadable',
    kind: 'input',
    message: `Cannot edit ${localPolicyFile}: it is a ${status.type}, not a file`,
    advice: 'Remove it: the rules of this machine are kept there',
  });
}

/** Whole or not at all; the directories above are made where they are missing. */
function writeLocal(root: Files, text: ByteString): void {
  parsePolicy(text, localPolicyFile);
  for (const directory of ancestorsOf(localPolicyFile)) {
    if (root.status(directory) !== null) continue;
    root.makeDirectory(directory);
    root.setMode(directory, 0o755);
  }
  writeWhole(root, localPolicyFile, text);
  root.setMode(localPolicyFile, 0o644);
  root.syncFilesystem();
}

function overruled(subject: RuleSubject, wanted: Verb, { verb, pattern, source }: Rule): Failure {
  return new Failure({
    code: 'overruled',
    kind: 'input',
    message: `Cannot ${wanted} ${nameOf(subject)}: the rule "${verb} ${displayBytes(pattern)}" (${placeOf(source)}) has the last word`,
    advice: `Change that rule; "migrate explain" shows all that match`,
  });
}

function byWhom({ rule: { verb, pattern, source } }: Deciding): string {
  return `; "${verb} ${displayBytes(pattern)}" (${placeOf(source)}) decides`;
}

function nameOf(subject: RuleSubject): string {
  return subject.kind === 'package' ? `the package ${displayBytes(subject.name)}` : displayBytes(subject.path);
}
