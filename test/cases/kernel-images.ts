import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type RealKernel, realKernel } from '../merge/modules/real-kernels.ts';
import type { Roots, Situation } from './migration.ts';
import { file, symlink, type Tree } from './trees.ts';

export const bookworm = await realKernel('bookworm');
export const trixie = await realKernel('trixie');
export const oldRelease = '6.1.0-1-test';
export const newRelease = '6.1.0-2-test';

/** An image with a Debian kernel under that release, its headers, and a root that has the links of today's systems. */
export function image(release: string, kernel: RealKernel): Tree {
  const first = kernel.modules[0] ?? '';
  const modules = `/usr/lib/modules/${release}`;
  return {
    '/lib': symlink('usr/lib'),
    [`${modules}/modules.builtin`]: file(''),
    [`${modules}/modules.order`]: file(`${first.replace(/\.xz$/, '')}\n`),
    [`${modules}/${first}`]: file(kernel.packed(first)),
    [`${modules}/build`]: symlink(`/usr/src/linux-headers-${release}`),
    [`/usr/src/linux-headers-${release}/Module.symvers`]: file(kernel.symvers),
    [`/usr/src/linux-headers-${release}/Makefile`]: file(''),
  };
}

/** A driver of a vendor, built for bookworm's kernel. */
export function driver(): string {
  const place = bookworm.modules.find((candidate) => candidate.endsWith('/vfat.ko'));
  assert.ok(place !== undefined);
  return bookworm.packed(place);
}

export function packed(content: string): string {
  return execFileSync('xz', ['--stdout'], { input: Buffer.from(content, 'latin1') }).toString('latin1');
}

export const base = image(oldRelease, bookworm);
export const modulePath = `/usr/lib/modules/${oldRelease}/updates/vendor.ko.xz`;
export const ours: Tree = {
  ...base,
  [modulePath]: file(packed(driver()), { mode: 0o640, mtime: '1700000000.123456789' }),
  [`/usr/lib/modules/${oldRelease}/modules.dep`]: file('updates/vendor.ko.xz:\n'),
  '/etc/modules-load.d/vendor.conf': file('vendor\n'),
  '/etc/modprobe.d/vendor.conf': file('options vendor debug=1\n'),
};

/** Puts depmod into the new image, with the libraries that it needs. */
export function withDepmod({ theirs }: Roots): void {
  const libraries = execFileSync('ldd', ['/bin/kmod'], { encoding: 'latin1' }).match(/\/\S+/g) ?? [];
  for (const path of ['/bin/kmod', ...libraries]) {
    const at = join(theirs, path.replace(/^\/(lib64|bin)\//, '/usr/$1/'));
    mkdirSync(dirname(at), { recursive: true });
    copyFileSync(path, at);
    chmodSync(at, 0o755);
  }
  symlinkSync('usr/lib64', join(theirs, 'lib64'));
  mkdirSync(join(theirs, 'usr/sbin'), { recursive: true });
  symlinkSync('../bin/kmod', join(theirs, 'usr/sbin/depmod'));
}

export function toFitting(): Situation {
  return { base, ours, theirs: image(newRelease, bookworm), prepare: withDepmod };
}
