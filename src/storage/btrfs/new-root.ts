import type { BootRequest } from '../../domain/boot-request.ts';
import { displayLocation } from '../../domain/boot-request.ts';
import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import { unfinishedName } from '../../domain/unfinished-root.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { NewRoot, NewRootKind } from '../new-root.ts';

/**
 * The result is a writable snapshot of the image's read-only subvolume, made under another name; the commit renames it to
 * the name in `rootflags=subvol=`. A snapshot costs nothing, so one that was left unfinished is thrown away.
 */
export const btrfsNewRoot: NewRootKind = {
  name: 'btrfs',
  serves: ({ root }) => root.subvolume !== null,
  prepare: prepareBtrfs,
};

function prepareBtrfs(request: BootRequest, workDirectory: string, system: System): NewRoot {
  const { commands, mounts } = system;
  const top = `${workDirectory}/top`;
  const result = bytesOfText(`/${request.root.subvolume ?? ''}`);
  const unfinished: RootPath = unfinishedName(result);

  function withTop<Value>(use: (files: Files) => Value): Value {
    return withDirectory(system, top, use);
  }

  function exists(path: string): boolean {
    return withTop((files) => files.status(path) !== null);
  }

  function mountTop(writable: boolean): void {
    mounts.unmount(top);
    mounts.mount(request.root, top, { writable, top: true });
  }

  function deleteUnfinished(): void {
    if (!exists(unfinished)) return;
    // It has never been started, so there are no subvolumes in it, which would have to go first.
    commands.run('btrfs', ['subvolume', 'delete', '--commit-after', hostPath(unfinished)]);
  }

  function hostPath(path: RootPath): string {
    return `${top}${textOrBytes(path)}`;
  }

  /** The image as delivered: a subvolume that nothing can have changed. */
  function imagePath(): string {
    const { device, subvolume } = request.new;
    if (subvolume === null || device !== request.root.device) {
      throw badImage(request, `it must be a subvolume of ${request.root.device}`);
    }
    const path = `${top}/${subvolume}`;
    const { stdout } = commands.run('btrfs', ['property', 'get', '-ts', path, 'ro']);
    if (stdout.trim() !== 'ro=true') throw badImage(request, 'it is writable, so it may not be as it was delivered');
    return path;
  }

  return {
    resumes: false,
    isCommitted() {
      mountTop(false);
      const committed = exists(result);
      mounts.unmount(top);
      return committed;
    },
    open() {
      mountTop(true);
      deleteUnfinished();
      commands.run('btrfs', ['subvolume', 'snapshot', imagePath(), hostPath(unfinished)]);
      return hostPath(unfinished);
    },
    openReadOnly() {
      mountTop(false);
      return exists(result) ? hostPath(result) : imagePath();
    },
    commit() {
      withTop((files) => {
        files.syncFilesystem();
        files.rename(unfinished, result);
        files.syncFilesystem();
      });
      mounts.unmount(top);
    },
    close: () => mounts.unmount(top),
    discard() {
      mountTop(true);
      deleteUnfinished();
      mounts.unmount(top);
    },
  };
}

function badImage(request: BootRequest, why: string): Failure {
  return new Failure({
    code: 'bad-image',
    kind: 'failed',
    message: `Cannot use ${displayLocation(request.new)} as the new image: ${why}`,
    advice: 'Name the read-only subvolume of the image in migrate.new=subvol=NAME (btrfs property set NAME ro true)',
  });
}
