import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { JointInput, TreeView } from '../joint-strategy.ts';
import { moduleName, moduleRoot, pathOf } from './module-files.ts';
import { resolveLinks } from './resolve-links.ts';

type Variables = ReadonlyMap<ByteString, ByteString>;

const sources: RootPath = '/usr/src';
const builds: RootPath = '/var/lib/dkms';

/** Where the sources of a module lie, and whether dkms builds them for every new kernel by itself. */
export type DkmsSource = { readonly source: RootPath; readonly automatic: boolean };

/** Sources of kernel modules on this machine that the new version will have too, by the names of the modules. */
export function dkmsSources({ view, verdictOf }: JointInput): Map<ByteString, DkmsSource> {
  const found = new Map<ByteString, DkmsSource>();
  for (const name of view.names('ours', sources)) {
    const source = childOf(sources, name);
    const path = childOf(source, 'dkms.conf');
    const configuration = view.content('ours', path);
    if (configuration === null) continue;
    if (verdictOf(path).verb === 'ignore' && view.entry('theirs', path) === null) continue;
    const variables = variablesOf(configuration);
    const automatic = isAutomatic(view, variables);
    const modules = [...modulesOf(variables), ...modulesBuilt(view, variables)];
    for (const module of modules) found.set(module, { source, automatic });
  }
  return found;
}

/** Whether the new image can build modules for that kernel: it has dkms and the kernel's headers. */
export function canBuild(view: TreeView, release: ByteString): boolean {
  const programs = ['/usr/sbin/dkms', '/usr/bin/dkms', '/sbin/dkms'];
  const headers = resolveLinks(view, 'theirs', `${pathOf(moduleRoot(view, 'theirs'), release, 'build')}/Makefile`);
  return headers !== null && programs.some((path) => view.entry('theirs', path) !== null);
}

/** The modules that a dkms.conf names (dkms(8)); one that names none builds the module of the package's name. */
function modulesOf(variables: Variables): ByteString[] {
  const named = [...variables].filter(([name]) => /^BUILT_MODULE_NAME(\[\d+\])?$/.test(name));
  const names = named.length > 0 ? named.map(([, value]) => value) : [variables.get('PACKAGE_NAME') ?? ''];
  return names.filter((name) => name !== '').map((name) => name.replaceAll('-', '_'));
}

/** What dkms has built of it here, for those whose dkms.conf computes names: `<name>/<version>/<release>/<arch>/module`. */
function modulesBuilt(view: TreeView, variables: Variables): ByteString[] {
  return namesBelow(view, stateOf(variables), 2).flatMap((path) =>
    view.names('ours', childOf(path, 'module')).flatMap((file) => moduleName(childOf(path, file)) ?? []),
  );
}

/** `dkms autoinstall` builds what was added to its state and asks for it. */
function isAutomatic(view: TreeView, variables: Variables): boolean {
  return (variables.get('AUTOINSTALL') ?? '') !== '' && view.entry('ours', stateOf(variables)) !== null;
}

function stateOf(variables: Variables): RootPath {
  return `${builds}/${variables.get('PACKAGE_NAME')}/${variables.get('PACKAGE_VERSION')}`;
}

function namesBelow(view: TreeView, directory: RootPath, levels: number): RootPath[] {
  if (levels === 0) return [directory];
  return view.names('ours', directory).flatMap((name) => namesBelow(view, childOf(directory, name), levels - 1));
}

/** The assignments of a dkms.conf, with the variables in them replaced that stand before. */
function variablesOf(configuration: ByteString): Variables {
  const variables = new Map<ByteString, ByteString>();
  for (const line of configuration.split('\n')) {
    const [, name, value] = /^\s*([A-Za-z_]\w*(?:\[\d+\])?)=(.*?)\s*(?:#.*)?$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const plain = value.replace(/^(["'])(.*)\1$/, '$2');
    variables.set(
      name,
      plain.replace(/\$\{?(\w+)\}?/g, (whole, variable) => variables.get(variable) ?? whole),
    );
  }
  return variables;
}
