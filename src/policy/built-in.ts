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

const mountsVolume = 'mounts a volume for one version, and is made anew for each';

/**
 * Rules after all policies, which nothing overrules: the records of migrations belong to one version, and a broad
 * `persist /var/**` must not carry the old ones over those that are being written. The units that mount a version's volumes
 * (see versions/mount-units.ts) name its own branches.
 */
export const ownStateRules: readonly Rule[] = [
  ignore(7, '/.migrate/', 'belongs to migrate itself'),
  ignore(8, '/var/lib/migrate/', 'belongs to migrate itself'),
  ignore(9, '/etc/systemd/system.attached/*.mount', mountsVolume),
  ignore(10, '/etc/systemd/system.attached/local-fs.target.requires/', mountsVolume),
];

const formats = formatRules(11);

/** Rules that yield only to those that name the exact path: what they say is true of every system. */
export const firmRules: readonly Rule[] = [...formats, ...derivedRules(11 + formats.length)];

function ignore(line: number, pattern: string, reason: string): Rule {
  const verb: Verb = 'ignore';
  return { verb, pattern, attributes: {}, source: { file, line }, reason };
}
