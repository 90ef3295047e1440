import type { ByteString } from './bytes.ts';
import type { RootPath } from './path.ts';

/** What a policy says of a path. */
export type Verb = 'persist' | 'ignore' | 'pin';

/** Where a rule stands: file and line, `command line`, or `built in`. */
export type RuleSource = { readonly file: string; readonly line: number };

/** One rule of a policy, as written. */
export type Rule = {
  /** `attributes` sets only these and leaves the verb to other rules; only built-in rules have it. */
  readonly verb: Verb | 'default' | 'attributes';
  /** The pattern as written, in bytes (`/etc/**`, `pkg:vdsm`); for `default` the verb it sets. */
  readonly pattern: ByteString;
  readonly attributes: Readonly<Record<string, string | true>>;
  readonly source: RuleSource;
  /** Why, for the operator: text of the comment at the end of the rule's line. */
  readonly reason?: string;
  /** A built-in rule that yields only to rules that name the exact path, wherever they stand. */
  readonly firm?: true;
};

/** A file, or a directory with all below it, that newer images have under another name (case 61), and the rule that says so. */
export type Rename = { readonly from: RootPath; readonly to: RootPath; readonly rule: Rule };

/** The policy's word on one path: the last matching verb, and each attribute from the last rule that sets it. */
export type Verdict = {
  readonly verb: Verb;
  /** The rule that set the verb. */
  readonly rule: Rule;
  /** Whether that rule names exactly this path, without a wildcard: only then do built-in strategies yield. */
  readonly exact: boolean;
  readonly strategy: { readonly name: string; readonly rule: Rule; readonly exact: boolean } | null;
  /** Such as `identity` or `network`; what `reset --keep` selects. */
  readonly class: string | null;
  /** The name under which newer images have it, or what it lies in; null where no rule tells of one. */
  readonly to: Rename | null;
};

/** What a rule decides for one path. */
export type Decides = 'verb' | 'strategy' | 'class' | 'required' | 'to';

/** A rule that matches the path, and what of the verdict comes from it; nothing where later rules decide all. */
export type ExplainedRule = { readonly rule: Rule; readonly exact: boolean; readonly decides: readonly Decides[] };

/** Why the policy says what it says of a path. Rules in their order; the `default` that holds comes first. */
export type Explanation = {
  readonly path: RootPath;
  readonly verdict: Verdict;
  readonly rules: readonly ExplainedRule[];
};
