import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOfText } from '../../src/domain/bytes.ts';
import type { Place } from '../../src/domain/volume.ts';
import type { Backend, BackendKind } from '../../src/storage/backend.ts';
import type { Files } from '../../src/system/files.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';
import { readTree } from '../property/read-tree.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { type FilesystemKind, withFilesystem } from '../system/loop-filesystem.ts';

export const system = realSystem(['/bin/false']);

/** A kind of storage that is tested, with the pool where its objects lie if that is not the store's own filesystem. */
export type TestedKind = BackendKind & { readonly pool?: TestPool };

/** A pool that one test at a time uses. */
export type TestPool = {
  /** As `Backend.open` takes it. */
  readonly name: string;
  /** What lies in it. */
  readonly natives: () => readonly string[];
  /** Removes an object as one does who knows nothing of stores. */
  readonly removeNative: (place: Place) => void;
  readonly clear: () => void;
  /** Bytes that are free. */
  readonly free: () => number;
};

/** A store on a filesystem of its own. */
export type Store = {
  readonly backend: Backend;
  readonly pool: TestPool | null;
  readonly mountpoint: string;
  /** Called so that whoever hands on its name unescaped fails. */
  readonly directory: string;
  /** Opens it anew, as another run does. */
  readonly open: (through?: System) => Backend;
};

export const branch = (name: string, volume = 'data'): Place => ({ volume, kind: 'branch', name });
export const tag = (name: string, volume = 'data'): Place => ({ volume, kind: 'tag', name });

export async function withStore(
  kind: TestedKind,
  filesystem: FilesystemKind,
  body: (store: Store) => void | Promise<void>,
): Promise<void> {
  await withFilesystem(filesystem, async (mountpoint) => {
    const directory = join(mountpoint, 'a store: one,two\\three é');
    mkdirSync(directory);
    const { pool } = kind;
    const open = (through = system): Backend => kind.open(bytesOfText(directory), through, pool?.name);
    try {
      await body({ backend: open(), pool: pool ?? null, mountpoint, directory, open });
    } finally {
      pool?.clear();
    }
  });
}

/** Where the object itself lies. */
export function nativePath({ directory }: Store, { volume, kind, name }: Place): string {
  return join(directory, 'volumes', volume, kind === 'tag' ? 'tags' : 'branches', name);
}

/** Works on what an object holds, as root of its own. */
export function using<Result>(
  backend: Backend,
  place: Place,
  use: (files: Files, directory: string) => Result,
): Result {
  return backend.withContent(place, { writable: place.kind === 'branch' }, (directory) => {
    const files = system.openRoot(directory);
    try {
      return use(files, directory);
    } finally {
      files.close();
    }
  });
}

/** What an object holds, with all properties. */
export function contentOf(backend: Backend, place: Place): TreeNode {
  return backend.withContent(place, { writable: false }, (directory) => {
    const files = system.openRoot(directory);
    try {
      return readTree(files);
    } finally {
      files.close();
    }
  });
}

/** Makes a branch with a few files, and a tag of it. */
export function makeImage(backend: Backend, name = 'image'): Place {
  backend.create(branch(name), sidecarOf(name));
  using(backend, branch(name), (_files, directory) => {
    execFileSync('sh', ['-c', 'mkdir -p etc/d; for f in a b etc/c etc/d/e; do echo $f > $f; done; ln a etc/a2'], {
      cwd: directory,
    });
  });
  backend.snapshot(branch(name), tag(name), sidecarOf(`${name}@data`));
  return tag(name);
}

export function sidecarOf(name: string): string {
  return `{"schema":"migrate.sidecar/1","name":${JSON.stringify(`${name} é`)}}\n`;
}

/** Everything that is mounted below the directory, or for the mounting of content. */
export function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, digits) =>
        String.fromCharCode(Number.parseInt(digits, 8)),
      ),
    )
    .filter((mounted) => mounted.startsWith(`${directory}/`) || isOwnMount(mounted));
}

/** Other tests mount at the same time. */
function isOwnMount(mounted: string): boolean {
  return mounted.startsWith('/run/migrate-content-') && mounted.includes(`-${process.pid}-`);
}
