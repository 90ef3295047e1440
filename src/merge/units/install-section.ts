import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { UnitFile } from './find-unit.ts';
import { type Scope, unitDirectories } from './scope.ts';
import type { Tree } from './tree.ts';
import { templateOf } from './unit-name.ts';

/** What `systemctl enable` reads of a unit (systemd.unit(5), "[Install] Section Options"); specifiers not replaced. */
export type InstallSection = {
  readonly WantedBy: readonly ByteString[];
  readonly RequiredBy: readonly ByteString[];
  readonly UpheldBy: readonly ByteString[];
  readonly Alias: readonly ByteString[];
  readonly Also: readonly ByteString[];
  readonly DefaultInstance: ByteString;
};

const lists = ['WantedBy', 'RequiredBy', 'UpheldBy', 'Alias', 'Also'] as const;

/** The [Install] section of a unit, those of its drop-ins included. */
export function installSectionOf(tree: Tree, scope: Scope, { name, path }: UnitFile): InstallSection {
  const files = [path, ...dropIns(tree, scope, name)];
  return parseInstallSections(files.map((file) => tree.content(file) ?? ''));
}

/** The drop-ins of a unit in the order of their names; of one name that of the first directory has its way. */
function dropIns(tree: Tree, scope: Scope, name: ByteString): readonly RootPath[] {
  const template = templateOf(name);
  const owners = template === null ? [name] : [name, template];
  const files = new Map<ByteString, RootPath>();
  for (const directory of unitDirectories(tree, scope)) {
    for (const owner of owners) {
      const folder = childOf(directory, `${owner}.d`);
      if (!tree.has(directory, `${owner}.d`)) continue;
      for (const file of tree.names(folder)) {
        if (file.endsWith('.conf') && !files.has(file)) files.set(file, childOf(folder, file));
      }
    }
  }
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, file]) => file);
}

/** The [Install] sections of a unit file and its drop-ins, as one. An empty value forgets those before it. */
export function parseInstallSections(contents: readonly ByteString[]): InstallSection {
  const found: Record<(typeof lists)[number], ByteString[]> = {
    WantedBy: [],
    RequiredBy: [],
    UpheldBy: [],
    Alias: [],
    Also: [],
  };
  let defaultInstance = '';
  for (const { key, value } of contents.flatMap(assignments)) {
    if (key === 'DefaultInstance') defaultInstance = value;
    const list = lists.find((name) => name === key);
    if (list === undefined) continue;
    if (value === '') found[list] = [];
    else found[list].push(...value.split(/\s+/).map(unquote));
  }
  return { ...found, DefaultInstance: defaultInstance };
}

type Assignment = { readonly key: ByteString; readonly value: ByteString };

/** The assignments in the [Install] sections of one file (systemd.syntax(7)). */
function assignments(content: ByteString): Assignment[] {
  const found: Assignment[] = [];
  let section = '';
  for (const line of logicalLines(content)) {
    const header = /^\[(.*)\]$/.exec(line);
    if (header !== null) section = header[1] ?? '';
    const assignment = /^([^=]*)=(.*)$/.exec(line);
    if (assignment === null || section !== 'Install') continue;
    found.push({ key: (assignment[1] ?? '').trim(), value: (assignment[2] ?? '').trim() });
  }
  return found;
}

/** Lines without comments; a backslash at the end of a line joins it with the next, over comments in between. */
function logicalLines(content: ByteString): ByteString[] {
  const lines: ByteString[] = [];
  let open = '';
  for (const raw of content.split('\n')) {
    const line = raw.trim();
    if (/^[#;]/.test(line)) continue;
    if (line.endsWith('\\')) {
      open += `${line.slice(0, -1)} `;
      continue;
    }
    lines.push(open + line);
    open = '';
  }
  return open === '' ? lines : [...lines, open.trim()];
}

function unquote(word: ByteString): ByteString {
  return word.replace(/^(["'])(.*)\1$/, '$2');
}
