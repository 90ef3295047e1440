import type { RootLocation } from '../domain/boot-request.ts';
import { type ByteString, bytesOfText } from '../domain/bytes.ts';
import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { Failure } from '../domain/failure.ts';
import type { MountSource } from '../domain/mount-source.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import { deviceNodeOf, mountUnitOf } from '../domain/unit-of-path.ts';

/**
 * Where the mount units of bound volumes lie in a version's root. systemd.unit(5) names it as part of the search path of
 * units, below /etc/systemd/system, where an administrator's own unit of the same name wins. portablectl(1) puts units
 * there too, but never mount units, so that all of these are ours, and no rule about them means anything else.
 */
export const unitDirectory: RootPath = '/etc/systemd/system.attached';
/** Links here make a unit part of local-fs.target: a version whose volumes are missing does not come up half. */
export const requiredDirectory: RootPath = childOf(unitDirectory, 'local-fs.target.requires');

/** What is written into a version's root for one volume: a unit, and a link that has it started. */
export type MountUnit = {
  readonly unit: { readonly path: RootPath; readonly content: ByteString };
  readonly link: { readonly path: RootPath; readonly target: ByteString };
};

/**
 * The source of a branch that is a part of a filesystem: a subvolume of btrfs, or what `mount.migrate` puts together. Throws
 * Failure `mount-option` for a path that no option can hold.
 */
export function branchSource({ device, subvolume, object }: RootLocation): MountSource {
  const path = object ?? subvolume;
  if (path === null || path.includes(',')) {
    throw new Failure({
      code: 'mount-option',
      kind: 'failed',
      message: `Cannot mount the branch "${path ?? ''}" by a unit: a mount option holds no comma`,
      advice: 'Give the directory of the store a path without commas',
    });
  }
  const what = deviceNodeOf(device);
  if (object !== undefined) return { what, type: 'migrate', options: [`object=${object}`] };
  return { what, type: 'btrfs', options: [`subvol=/${path}`] };
}

/** The mount unit of a volume for the version; see systemd.mount(5). */
export function mountUnit(
  { name, mountPoint, options }: Pick<DeclaredVolume, 'name' | 'mountPoint' | 'options'>,
  { version, branch }: { readonly version: string; readonly branch: string },
  source: MountSource,
): MountUnit {
  const unitName = mountUnitOf(mountPoint);
  const settings = [...source.options, ...options];
  const text = [
    `# Made by migrate for ${version}, and made anew for every version: changes here are lost.`,
    '# The volume is declared in /etc/migrate/volumes.d.',
    '[Unit]',
    `Description=${literal(`Volume ${name}, branch ${branch}`)}`,
    '',
    '[Mount]',
    `What=${literal(source.what)}`,
  ];
  const content = [
    bytesOfText(`${text.join('\n')}\n`),
    // A path is bytes already.
    `Where=${literal(mountPoint)}\n`,
    bytesOfText(`Type=${source.type}\n${settings.length === 0 ? '' : `Options=${literal(settings.join(','))}\n`}`),
  ].join('');
  return {
    unit: { path: childOf(unitDirectory, unitName), content },
    link: { path: childOf(requiredDirectory, unitName), target: `../${unitName}` },
  };
}

/** `%` begins a specifier in a unit. */
function literal(value: string): string {
  return value.replaceAll('%', '%%');
}
