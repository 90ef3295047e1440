import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostPath } from '../cases/trees.ts';

/** A file of a tiny package: its content, or where a link points. */
export type PackagedFile = {
  readonly content?: string;
  readonly link?: string;
  readonly mode?: number;
  readonly group?: number;
  /** What stands before the path in the list of an rpm package: `%config(noreplace)`, `%ghost`. */
  readonly directive?: string;
};

export type TinyPackage = {
  readonly name: string;
  readonly version?: string;
  readonly files: Readonly<Record<string, PackagedFile>>;
  /** Lines of control files: `Depends: other`; for rpm `Requires: other`. */
  readonly relations?: readonly string[];
};

/** Builds a Debian package; every file in /etc is a conffile. Returns its path. */
export function buildDeb(directory: string, { name, version = '1', files, relations = [] }: TinyPackage): string {
  const root = join(directory, `${name}-${version}`);
  const control = [`Package: ${name}`, `Version: ${version}`, 'Architecture: all', 'Maintainer: a <a@b>', ...relations];
  write(join(root, 'DEBIAN/control'), `${[...control, 'Description: tiny'].join('\n')}\n`);
  unpack(root, files);
  const conffiles = Object.keys(files).filter((path) => path.startsWith('/etc/') && files[path]?.link === undefined);
  if (conffiles.length > 0) write(join(root, 'DEBIAN/conffiles'), `${conffiles.join('\n')}\n`);
  const summed = Object.keys(files).filter((path) => files[path]?.link === undefined && !conffiles.includes(path));
  if (summed.length > 0) {
    const sums = execFileSync('md5sum', ['--', ...summed.map((path) => path.slice(1))], { cwd: root });
    write(join(root, 'DEBIAN/md5sums'), sums.toString('latin1'));
  }
  const built = `${root}.deb`;
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', root, built], { stdio: 'ignore' });
  return built;
}

/** Installs Debian packages into a root by the real dpkg, which makes the database. */
export function installDebs(root: string, packages: readonly string[]): void {
  for (const directory of ['info', 'updates', 'alternatives']) {
    mkdirSync(join(root, 'var/lib/dpkg', directory), { recursive: true });
  }
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'var/lib/dpkg/status'), '', { flag: 'a' });
  const options = ['--force-not-root', '--force-depends', '--force-script-chrootless', '--log=/dev/null'];
  execFileSync('dpkg', [`--root=${root}`, ...options, '--install', ...packages], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Builds an rpm package. Returns its path. */
export function buildRpm(directory: string, { name, version = '1', files, relations = [] }: TinyPackage): string {
  const source = join(directory, `${name}-${version}-files`);
  unpack(source, files);
  const listed = Object.entries(files).map(([path, { directive = '', mode, group }]) => {
    const attributes =
      mode === undefined && group === undefined
        ? ''
        : `%attr(${(mode ?? 0o644).toString(8)},root,${group === 8 ? 'mail' : 'root'}) `;
    return `${directive} ${attributes}${path}`.trim();
  });
  const spec = [
    `Name: ${name}\nVersion: ${version}\nRelease: 1\nSummary: tiny\nLicense: none\nBuildArch: noarch\nAutoReqProv: no`,
    ...relations,
    `%description\ntiny\n%install\nmkdir -p %{buildroot}\ncp -a ${source}/. %{buildroot}/\n%files`,
    ...listed,
  ];
  const specFile = join(directory, `${name}-${version}.spec`);
  write(specFile, `${spec.join('\n')}\n`);
  const top = join(directory, 'rpmbuild');
  const macros = [`_topdir ${top}`, `_dbpath ${join(top, 'db')}`, '__os_install_post %{nil}'].flatMap((macro) => [
    '--define',
    macro,
  ]);
  execFileSync('rpmbuild', ['-bb', ...macros, specFile], { stdio: ['ignore', 'pipe', 'pipe'] });
  return join(top, 'RPMS/noarch', `${name}-${version}-1.noarch.rpm`);
}

/** Installs rpm packages into a root by the real rpm, with its database where the root has it. */
export function installRpms(root: string, packages: readonly string[], dbpath = '/usr/lib/sysimage/rpm'): void {
  mkdirSync(join(root, dbpath), { recursive: true });
  const options = ['--root', root, '--dbpath', dbpath, '--nodeps', '--force-debian'];
  execFileSync('rpm', ['--install', ...options, ...packages], { stdio: ['ignore', 'pipe', 'pipe'] });
}

function unpack(root: string, files: TinyPackage['files']): void {
  mkdirSync(root, { recursive: true });
  for (const [path, { content = '', link, mode = 0o644, group = 0 }] of Object.entries(files)) {
    mkdirSync(hostPath(root, dirname(path)), { recursive: true });
    const at = hostPath(root, path);
    if (link !== undefined) {
      symlinkSync(link, at);
      continue;
    }
    writeFileSync(at, content, 'latin1');
    chmodSync(at, mode);
    chownSync(at, 0, group);
  }
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content, 'latin1');
}
