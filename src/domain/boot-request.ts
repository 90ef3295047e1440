import { Failure } from './failure.ts';
import type { KernelCommandLine } from './kernel-command-line.ts';

/** A filesystem, or a part of one: `LABEL=ROOT,subvol=@v1`. */
export type RootLocation = {
  /** As mount(8) takes it: `/dev/…`, `LABEL=…`, `UUID=…`, `PARTLABEL=…` or `PARTUUID=…`; or `zfs:POOL/DATASET`. */
  readonly device: string;
  /** Path of the btrfs subvolume from the top of its filesystem, without a leading slash. */
  readonly subvolume: string | null;
  /**
   * Path of a branch or tag, from the top of the filesystem, that `mount.migrate` puts together of its layers, without a
   * leading slash; `subvolume` is null then.
   */
  readonly object?: string;
};

/** The store of a machine: a directory of a filesystem, from its top. */
export type StoreLocation = { readonly device: string; readonly path: string };

/** What the kernel command line asks of a boot with a migration in it. */
export type BootRequest = {
  /** The id of the version that is to be made. */
  readonly version: string;
  readonly old: RootLocation;
  /** Null where it is said to be gone, or not named at all: package checksums tell what was changed (case 66). */
  readonly base: RootLocation | null;
  /** The new image, pristine. */
  readonly new: RootLocation;
  /** What `root=` and `rootflags=` name; it exists only after the commit. */
  readonly root: RootLocation;
  /** Where the version is recorded; null where it is of no store. */
  readonly store: StoreLocation | null;
  /** False with `rd.migrate=0`: an uncommitted version is not made, the previous one boots. */
  readonly enabled: boolean;
};

/** What a location is mounted with when it is the root: `ro` unless the command line says `rw`. */
export function isWritableRoot(line: KernelCommandLine): boolean {
  return line.has('rw');
}

/** Reads the request from the command line. Throws Failure `boot-request` for what is missing or malformed. */
export function parseBootRequest(line: KernelCommandLine): BootRequest {
  const root = parseRootLocation(line);
  function location(name: string): RootLocation {
    const value = line.value(name);
    if (value === null) throw bad(`${name}= is missing`);
    return parseLocation(name, value, root.device);
  }
  const version = line.value('migrate.version');
  if (version === null || !/^[A-Za-z0-9][A-Za-z0-9._@+-]*$/.test(version)) {
    throw bad('migrate.version= is missing, or holds more than letters, digits and ".", "_", "@", "+", "-"');
  }
  return {
    version,
    old: location('migrate.old'),
    base: isWithoutBase(line) ? null : location('migrate.base'),
    new: location('migrate.new'),
    root,
    store: parseStoreLocation(line, root.device),
    enabled: line.value('rd.migrate') !== '0',
  };
}

/** An image that is named must be there: only what is said to be gone is done without (case 67). */
function isWithoutBase(line: KernelCommandLine): boolean {
  const named = line.value('migrate.base');
  return named === null || named === 'none';
}

/** The location as a person writes it. */
export function displayLocation({ device, ...part }: RootLocation): string {
  return [device, ...partOption(part)].join(',');
}

/** The option of mount(8) that names the part, none where it is the whole filesystem. */
export function partOption({ subvolume, object }: Omit<RootLocation, 'device'>): string[] {
  if (object !== undefined) return [`object=${object}`];
  return subvolume === null ? [] : [`subvol=${subvolume}`];
}

/** What `root=` and `rootflags=` name. Throws Failure `boot-request`. */
export function parseRootLocation(line: KernelCommandLine): RootLocation {
  const device = line.value('root')?.replace(/^block:/, '');
  if (device === undefined || !isDevice(device)) throw bad('root= is missing, or names no block device');
  const part =
    line
      .value('rootflags')
      ?.split(',')
      .findLast((flag) => partOf(flag) !== null) ?? '';
  return { device, ...(partOf(part) ?? { subvolume: null }) };
}

function parseLocation(name: string, value: string, defaultDevice: string): RootLocation {
  let device = defaultDevice;
  let part: Omit<RootLocation, 'device'> = { subvolume: null };
  for (const word of value.split(',')) {
    const named = partOf(word);
    if (named !== null) part = named;
    else if (isDevice(word)) device = word;
    else throw bad(`${name}=${value} has "${word}", which is neither a device nor subvol=NAME or object=PATH`);
  }
  return { device, ...part };
}

function partOf(word: string): Omit<RootLocation, 'device'> | null {
  if (word.startsWith('subvol=')) return { subvolume: withoutSlashes(word.slice('subvol='.length)) };
  if (word.startsWith('object=')) return { subvolume: null, object: withoutSlashes(word.slice('object='.length)) };
  return null;
}

/**
 * Where the command line says that the store is; null where it says nothing of one. Without a device of its own it lies on
 * `defaultDevice`. Throws Failure `boot-request`.
 */
export function parseStoreLocation(line: KernelCommandLine, defaultDevice: string | null = null): StoreLocation | null {
  const value = line.value('migrate.store');
  if (value === null) return null;
  let device = defaultDevice;
  let path: string | null = null;
  for (const part of value.split(',')) {
    if (part.startsWith('path=')) path = withoutSlashes(part.slice('path='.length));
    else if (isDevice(part)) device = part;
    else throw bad(`migrate.store=${value} has "${part}", which is neither a device nor path=DIRECTORY`);
  }
  if (path === null) throw bad(`migrate.store=${value} has no path=DIRECTORY`);
  if (device === null) throw bad(`migrate.store=${value} has no device`);
  return { device, path };
}

function isDevice(word: string): boolean {
  return /^(\/dev\/.|(LABEL|UUID|PARTLABEL|PARTUUID)=.|zfs:.+\/.)/.test(word);
}

function withoutSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, '');
}

function bad(what: string): Failure {
  return new Failure({
    code: 'boot-request',
    kind: 'input',
    message: `Cannot read the request to migrate from the kernel command line: ${what}`,
    advice:
      'It needs migrate.run migrate.version=ID migrate.old=… migrate.new=… migrate.base=…, each LABEL=NAME, UUID=…, /dev/…, zfs:POOL/DATASET and for btrfs subvol=NAME; migrate.base=none where the old image is gone',
  });
}
