import type { Rule } from '../domain/policy.ts';
import type { Pattern } from './pattern.ts';
import { literalDirectory, literalPath } from './pattern.ts';

/** A strategy that knows one format, and the only places where that format is. */
type FormatStrategy = {
  readonly name: string;
  readonly files: readonly string[];
  /** Everything below these directories. */
  readonly trees: readonly string[];
  /** By which `reset --keep` names them all, where there is no other way. */
  readonly class?: string;
  readonly reason: string;
};

const accountFiles = ['/etc/passwd', '/etc/shadow', '/etc/group', '/etc/gshadow', '/etc/subuid', '/etc/subgid'];

/** The strategies that know a format, with their places. */
const formatStrategies: readonly FormatStrategy[] = [
  {
    name: 'accounts',
    files: accountFiles.flatMap((path) => [path, `${path}-`]),
    trees: [],
    class: 'accounts',
    reason: 'users and groups of both sides, as one unit',
  },
  { name: 'fstab', files: ['/etc/fstab'], trees: [], reason: 'filesystems of both sides, by mount point' },
  {
    name: 'units',
    files: [],
    trees: ['/etc/systemd/system', '/etc/systemd/user'],
    reason: 'what is enabled, disabled and masked',
  },
  {
    name: 'modules',
    files: [],
    trees: ['/usr/lib/modules', '/lib/modules'],
    reason: 'kernel modules, to the kernel that they fit',
  },
];

/** The names of the strategies that know a format. */
export const formatStrategyNames: readonly string[] = formatStrategies.map(({ name }) => name);

/** Rules that give the places of each format their strategy and leave the verb alone; `line` is the number of the first. */
export function formatRules(line: number): Rule[] {
  const rules = formatStrategies.flatMap(({ name, files, trees, reason, class: kept }) => {
    const attributes: Rule['attributes'] = kept === undefined ? { strategy: name } : { strategy: name, class: kept };
    return [...files, ...trees.map((tree) => `${tree}/**`)].map((pattern) => ({ attributes, pattern, reason }));
  });
  return rules.map(({ attributes, pattern, reason }, index) => ({
    verb: 'attributes',
    pattern,
    attributes,
    source: { file: 'built in', line: line + index },
    reason,
    firm: true,
  }));
}

/** The places of a strategy, for a message, where the pattern may match a path outside of them; else null. */
export function placesMissed(strategy: string, pattern: Pattern): string | null {
  const format = formatStrategies.find(({ name }) => name === strategy);
  if (format === undefined || fits(format, pattern)) return null;
  return [...format.files, ...format.trees.map((tree) => `${tree}/**`)].join(', ');
}

function fits({ files, trees }: FormatStrategy, pattern: Pattern): boolean {
  const path = literalPath(pattern);
  if (path !== null && files.includes(path)) return true;
  const directory = literalDirectory(pattern);
  return trees.some((tree) => directory === tree || directory.startsWith(`${tree}/`));
}
