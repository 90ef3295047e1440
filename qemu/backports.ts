import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Downloads packages with all they need that is not installed here, and unpacks them below `directory`. Nothing is
 * installed and nothing under /etc or /var changes: apt runs with sources, lists and cache of its own, which name the
 * mirror that the system's own sources name. On bookworm newer versions come from its backports.
 */
export async function unpackPackages(names: readonly string[], directory: string): Promise<void> {
  const suite = await runningSuite();
  const target = suite === 'bookworm' ? 'bookworm-backports' : suite;
  const apt = join(directory, 'apt');
  await writeSources(apt, await mirrorOf(suite), [...new Set([suite, target])]);
  const options = privateOptions(apt);
  await command('apt-get', [...options, 'update']);
  await command('apt-get', [...options, '--yes', '--download-only', '--target-release', target, 'install', ...names]);
  const archives = join(apt, 'cache', 'archives');
  for (const file of await readdir(archives)) {
    if (file.endsWith('.deb')) await command('dpkg-deb', ['--extract', join(archives, file), directory]);
  }
  await command('rm', ['-rf', apt]);
}

/** The codename of this machine's Debian. */
export async function runningSuite(): Promise<string> {
  const match = /^VERSION_CODENAME=(\S+)$/m.exec(await readFile('/etc/os-release', 'utf8'));
  if (match?.[1] === undefined) throw new Error('Cannot tell which Debian this is: /etc/os-release names no codename');
  return match[1];
}

/** The mirror that the sources of this machine name for its suite. */
export async function mirrorOf(suite: string): Promise<string> {
  const format = '$(RELEASE) $(COMPONENT) $(REPO_URI)';
  const { stdout } = await command('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  for (const line of stdout.split('\n')) {
    const [release, component, uri] = line.split(' ');
    if (release === suite && component === 'main' && uri !== undefined) return uri;
  }
  throw new Error(`Cannot find a mirror: the apt sources of this machine do not name ${suite}/main`);
}

/** Makes what apt needs to work in a directory of its own, for these suites. */
export async function writeSources(apt: string, uri: string, suites: readonly string[]): Promise<void> {
  await mkdir(join(apt, 'sources'), { recursive: true });
  await mkdir(join(apt, 'state', 'lists', 'partial'), { recursive: true });
  await mkdir(join(apt, 'cache', 'archives', 'partial'), { recursive: true });
  const fields = [
    'Types: deb',
    `URIs: ${uri}`,
    `Suites: ${suites.join(' ')}`,
    'Components: main',
    `Signed-By: ${keyring}`,
  ];
  await writeFile(join(apt, 'sources', 'debian.sources'), `${fields.join('\n')}\n`);
}

/** What makes apt work in that directory and nowhere else. */
export function privateOptions(apt: string): readonly string[] {
  const settings = [
    `Dir::Etc::SourceParts=${apt}/sources`,
    'Dir::Etc::SourceList=/dev/null',
    'Dir::Etc::Preferences=/dev/null',
    'Dir::Etc::PreferencesParts=/dev/null',
    `Dir::State=${apt}/state`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${apt}/cache`,
    'APT::Sandbox::User=root',
    'APT::Install-Recommends=false',
  ];
  return settings.flatMap((setting) => ['-o', setting]);
}
