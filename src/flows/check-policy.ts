import type { ByteString } from '../domain/bytes.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Rule } from '../domain/policy.ts';
import { compilePolicy, type Policy } from '../policy/compile.ts';
import { explainPath } from '../policy/explain.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { boundaryKind } from '../tree/boundary.ts';
import { looking } from '../tree/read-failure.ts';
import { loadPolicy, type NamedPolicy, policyDirectories } from './load-policy.ts';
import { packagesOf } from './packages-of.ts';
import type { OnProgress } from './progress.ts';

/** Something about a rule that its author should look at. */
export type Finding = {
  readonly rule: Rule;
  /**
   * `unmatched`: nothing on the machine matches it. `shadowed`: something does, but other rules decide all of it.
   * `repeated`: an earlier rule says the same of the same pattern, and none between them anything else of its paths.
   */
  readonly kind: 'unmatched' | 'shadowed' | 'repeated';
  /** The rules that decide in its place, those with the most paths first; of `repeated` the earlier one. */
  readonly others: readonly Rule[];
};

export type PolicyCheck = {
  readonly findings: readonly Finding[];
  /** How many rules were looked at, and on how many paths of the machine. */
  readonly rules: number;
  readonly paths: number;
};

export type CheckRequest = {
  /** The system whose policy and files are meant. */
  readonly root: string;
  /** In place of the system's policies, where given. */
  readonly policyFiles: readonly NamedPolicy[] | null;
  /** Whether the image's rules are looked at too; many of them are for other machines and match nothing here. */
  readonly all: boolean;
  readonly onProgress: OnProgress;
};

/** What a rule did on the machine: how many paths it decides something of, and who decides in its place elsewhere. */
type Effect = { matched: number; decided: number; readonly instead: Map<Rule, number> };

/** Looks for rules that have no effect on this machine. Throws Failure `policy-syntax` where a rule cannot be read. */
export function checkPolicy(
  system: System,
  root: Files,
  { policyFiles, all, onProgress }: Omit<CheckRequest, 'root'>,
): PolicyCheck {
  const rules = loadPolicy({ theirs: root, ours: root, policyFiles });
  const policy = compilePolicy(rules, packagesOf([root], system));
  const checked = rules.filter((rule) => isChecked(rule, all || policyFiles !== null));
  const effects = new Map<Rule, Effect>(checked.map((rule) => [rule, { matched: 0, decided: 0, instead: new Map() }]));
  let paths = 0;
  walk(root, '/', (path) => {
    paths += 1;
    if (paths % 4096 === 0) onProgress({ phase: 'compare', done: paths, total: null, unit: 'entries' });
    note(policy, path, effects);
  });
  return { findings: checked.flatMap((rule) => findingOn(rule, checked, effects)), rules: checked.length, paths };
}

function isChecked({ verb, source }: Rule, all: boolean): boolean {
  if (verb === 'default' || source.line === 0 || source.file === 'built in') return false;
  return all || source.file.startsWith(`${policyDirectories.machine}/`);
}

function note(policy: Policy, path: RootPath, effects: ReadonlyMap<Rule, Effect>): void {
  if (!policy.matchesOf(path).some(({ rule }) => effects.has(rule))) return;
  const { rules, verdict } = explainPath(policy, path);
  for (const { rule, decides } of rules) {
    const effect = effects.get(rule);
    if (effect === undefined) continue;
    effect.matched += 1;
    if (decides.length > 0) effect.decided += 1;
    else effect.instead.set(verdict.rule, (effect.instead.get(verdict.rule) ?? 0) + 1);
  }
}

function findingOn(rule: Rule, rules: readonly Rule[], effects: ReadonlyMap<Rule, Effect>): Finding[] {
  const before = rules.slice(0, rules.indexOf(rule));
  const earlier = before.findLast((other) => saysTheSame(other, rule));
  // Said again after a rule that said otherwise, it takes the word back from that one.
  const since = earlier === undefined ? [] : before.slice(before.indexOf(earlier) + 1);
  const isNeeded = since.some((other) => effects.get(other)?.instead.has(rule) === true);
  if (earlier !== undefined && !isNeeded) return [{ rule, kind: 'repeated', others: [earlier] }];
  const effect = effects.get(rule);
  if (effect === undefined || effect.decided > 0) return [];
  if (effect.matched === 0) return [{ rule, kind: 'unmatched', others: [] }];
  const others = [...effect.instead].toSorted((a, b) => b[1] - a[1]).map(([other]) => other);
  return [{ rule, kind: 'shadowed', others }];
}

function saysTheSame(a: Rule, b: Rule): boolean {
  return a.verb === b.verb && a.pattern === b.pattern && JSON.stringify(a.attributes) === JSON.stringify(b.attributes);
}

/** Every path of the machine; as in comparing, neither mounts nor nested subvolumes are entered. */
function walk(root: Files, path: RootPath, visit: (path: RootPath) => void): void {
  visit(path);
  // What cannot be read has no names to ask about.
  const names = looking(path, { ours: root }, [], () => namesIn(root, path)) ?? [];
  for (const name of names) walk(root, childOf(path, name), visit);
}

function namesIn(root: Files, path: RootPath): readonly ByteString[] {
  const isOpen = root.status(path)?.type === 'directory' && boundaryKind(root, path) === null;
  return isOpen ? root.list(path) : [];
}
