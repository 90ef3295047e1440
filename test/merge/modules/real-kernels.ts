import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../../../qemu/cache.ts';
import { decompress } from '../../../src/system/decompress.ts';
import { commands } from '../../../src/system/run-command.ts';
import { type AptCache, downloadPackages, run, type Suite } from '../debian-packages.ts';

/** Some modules of a Debian kernel, its lists, and the versions of its symbols from the package of its headers. */
export type RealKernel = {
  readonly release: string;
  /** The directory of its modules on this machine. */
  readonly directory: string;
  /** Paths below that directory. */
  readonly modules: readonly string[];
  readonly symvers: string;
  /** The content of a module, as it is in the package and uncompressed. */
  readonly packed: (place: string) => string;
  readonly unpacked: (place: string) => string;
};

/**
 * The cloud kernel that a suite of Debian has now; about 30 MB are downloaded once. bookworm has modules as they are,
 * trixie compresses them with xz.
 */
export async function realKernel(suite: Suite): Promise<RealKernel> {
  const { path } = await cached({ name: `kernel-files-${suite}`, inputs: ['1'], make: (at) => download(suite, at) });
  const root = join(path, 'modules');
  const [release = ''] = readdirSync(root);
  const directory = join(root, release);
  const packed = (place: string): string => readFileSync(join(directory, place), 'latin1');
  return {
    release,
    directory,
    modules: readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((place) => /\.ko(\.xz)?$/.test(place))
      .sort(),
    symvers: readFileSync(join(path, 'Module.symvers'), 'latin1'),
    packed,
    unpacked: (place) => decompress(place, packed(place), commands) ?? '',
  };
}

function download(suite: Suite, path: string): Promise<void> {
  return downloadPackages({
    suite,
    workshop: join(path, 'apt'),
    names: (aptCache) => ['image', 'headers'].map((what) => nameOf(suite, what, aptCache)),
    use: (deb, unpacked) => {
      if (deb.startsWith('linux-headers-')) keepSymvers(unpacked, path);
      else keepModules(unpacked, path);
    },
  });
}

/** The package that the one without a release depends on. */
function nameOf(suite: Suite, what: string, aptCache: AptCache): string {
  const depends = aptCache('depends', `linux-${what}-cloud-amd64`);
  const name = depends.match(new RegExp(`linux-${what}-\\d\\S*`))?.[0];
  if (name === undefined) throw new Error(`linux-${what}-cloud-amd64 of ${suite} depends on no kernel`);
  return name;
}

function keepSymvers(unpacked: string, path: string): void {
  const headers = join(unpacked, 'usr/src');
  const [release = ''] = readdirSync(headers).filter((name) => name.startsWith('linux-headers-'));
  run('cp', [join(headers, release, 'Module.symvers'), path]);
}

/** Of the modules those of a few directories, from very small ones to such as need others. */
function keepModules(unpacked: string, path: string): void {
  const lib = run('find', [unpacked, '-path', '*/lib/modules']).trim();
  const [release = ''] = readdirSync(lib);
  const kept = ['modules.builtin', 'modules.order', 'kernel/fs', 'kernel/lib'];
  mkdirSync(join(path, 'modules', release, 'kernel'), { recursive: true });
  for (const place of kept) run('cp', ['-r', join(lib, release, place), join(path, 'modules', release, place)]);
}
