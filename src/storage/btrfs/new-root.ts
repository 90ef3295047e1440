import type { BootRequest } from '../../domain/boot-request.ts';
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
  const name = request.root.subvolume ?? '';
  const result = `/${name}`;
  const unfinished = `${result}.migrating`;

  function withTop<Value>(use: (files: ReturnType<System['openRoot']>) => Value): Value {
    const files = system.openRoot(top);
    try {
      return use(files);
    } finally {
      files.close();
    }
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
    // Nested subvolumes, which only a start of the result could have made, go with it.
    commands.run('btrfs', ['subvolume', 'delete', '--commit-after', `${top}${unfinished}`]);
  }

  return {
    isCommitted() {
      mountTop(false);
      const committed = exists(result);
      mounts.unmount(top);
      return committed;
    },
    open() {
      mountTop(true);
      deleteUnfinished();
      commands.run('btrfs', ['subvolume', 'snapshot', `${top}/${request.new.subvolume ?? ''}`, `${top}${unfinished}`]);
      return `${top}${unfinished}`;
    },
    openReadOnly() {
      mountTop(false);
      return exists(result) ? `${top}${result}` : `${top}/${request.new.subvolume ?? ''}`;
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
