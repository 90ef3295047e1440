import type { Rule, Verb } from '../domain/policy.ts';
import { derivedRules } from './derived.ts';
import { formatRules } from './format-strategies.ts';

const file = 'built in';

/** Holds where no policy says otherwise. */
export const defaultRule: Rule = {
  verb: 'default',
  pattern: 'persist',
  attributes: {},
  source: { file, line: 0 },
  reason: 'what was changed on this machine is kept',
};

/** Rules before all policies, which may overrule them. */
export const builtInRules: readonly Rule[] = [
  ignore(1, '/proc/**', 'the kernel makes it'),
  ignore(2, '/sys/**', 'the kernel makes it'),
  ignore(3, '/dev/**', 'device nodes are made at every boot'),
  ignore(4, '/run/**', 'does not outlive a boot'),
  ignore(5, '/tmp/**', 'does not outlive a boot'),
  ignore(6, '/lost+found/', 'belongs to the filesystem'),
];

/**
 * Rules after all policies, which nothing overrules: the records of migrations belong to one version, and a broad
 * `persist /var/**` must not carry the old ones over those that are being written.
 */
export const ownStateRules: readonly Rule[] = [
  ignore(7, '/.migrate/', 'belongs to migrate itself'),
  ignore(8, '/var/lib/migrate/', 'belongs to migrate itself'),
];

const formats = formatRules(9);

/** Rules that yield only to those that name the exact path: what they say is true of every system. */
export const firmRules: readonly Rule[] = [...formats, ...derivedRules(9 + formats.length)];

function ignore(line: number, pattern: string, reason: string): Rule {
  const verb: Verb = 'ignore';
  return { verb, pattern, attributes: {}, source: { file, line }, reason };
}
