import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mirrorOf, privateOptions, runningSuite, writeSources } from '../../../qemu/backports.ts';
import { cached } from '../../../qemu/cache.ts';
import { decompress } from '../../../src/system/decompress.ts';
import { commands } from '../../../src/system/run-command.ts';

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

/** bookworm has modules as they are, trixie compresses them with xz. */
export type Suite = 'bookworm' | 'trixie';

/** The cloud kernel that a suite of Debian has now; about 30 MB are downloaded once. */
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

async function download(suite: Suite, path: string): Promise<void> {
  const apt = join(path, 'apt');
  mkdirSync(apt, { recursive: true });
  await writeSources(apt, await mirrorOf(await runningSuite()), [suite]);
  const options = privateOptions(apt);
  run('apt-get', [...options, 'update']);
  for (const what of ['image', 'headers']) {
    const depends = run('apt-cache', [...options, 'depends', `linux-${what}-cloud-amd64`]);
    const name = depends.match(new RegExp(`linux-${what}-\\d\\S*`))?.[0];
    if (name === undefined) throw new Error(`linux-${what}-cloud-amd64 of ${suite} depends on no kernel`);
    run('apt-get', [...options, 'download', name], apt);
    unpack(what, apt, path);
  }
  rmSync(apt, { recursive: true });
}

/** Of the modules those of a few directories, from very small ones to such as need others. */
function unpack(what: string, apt: string, path: string): void {
  const [file = ''] = readdirSync(apt).filter((name) => name.startsWith(`linux-${what}-`));
  run('dpkg-deb', ['--extract', file, 'unpacked'], apt);
  if (what === 'headers') {
    const headers = join(apt, 'unpacked/usr/src');
    const [release = ''] = readdirSync(headers).filter((name) => name.startsWith('linux-headers-'));
    run('cp', [join(headers, release, 'Module.symvers'), path]);
    return;
  }
  const lib = run('find', [join(apt, 'unpacked'), '-path', '*/lib/modules']).trim();
  const [release = ''] = readdirSync(lib);
  const kept = ['modules.builtin', 'modules.order', 'kernel/fs', 'kernel/lib'];
  mkdirSync(join(path, 'modules', release, 'kernel'), { recursive: true });
  for (const place of kept) run('cp', ['-r', join(lib, release, place), join(path, 'modules', release, place)]);
}

function run(program: string, args: readonly string[], cwd?: string): string {
  return execFileSync(program, args, { encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'], ...(cwd && { cwd }) });
}
