import type { BootRequest } from '../../domain/boot-request.ts';
import { Failure } from '../../domain/failure.ts';
import type { System } from '../../system/system.ts';
import type { NewRoot, NewRootKind } from '../new-root.ts';

/**
 * The result is made in place, on a filesystem of its own that carries another label until the commit gives it the one in
 * `root=LABEL=`. Unfinished it cannot be made pristine again; it stays without that label, and the next try goes on with it.
 */
export const partitionNewRoot: NewRootKind = {
  name: 'partition',
  serves: ({ root }) => root.subvolume === null,
  prepare: preparePartition,
};

/** How each filesystem is given a label while it is not mounted. */
const labelCommands: Readonly<Record<string, (node: string, label: string) => readonly [string, readonly string[]]>> = {
  ext4: (node, label) => ['tune2fs', ['-L', label, node]],
  ext3: (node, label) => ['tune2fs', ['-L', label, node]],
  xfs: (node, label) => ['xfs_admin', ['-L', label, node]],
  btrfs: (node, label) => ['btrfs', ['filesystem', 'label', node, label]],
};

function preparePartition(request: BootRequest, workDirectory: string, system: System): NewRoot {
  const { commands, mounts } = system;
  const directory = `${workDirectory}/new`;
  const label = labelOf(request);

  return {
    isCommitted: () => mounts.find(request.root.device) !== null && mounts.find(request.new.device) === null,
    open() {
      mounts.unmount(directory);
      mounts.mount(request.new, directory, { writable: true });
      return directory;
    },
    openReadOnly() {
      mounts.unmount(directory);
      const committed = mounts.find(request.new.device) === null;
      mounts.mount(committed ? request.root : request.new, directory, { writable: false });
      return directory;
    },
    commit() {
      mounts.unmount(directory);
      const node = mounts.waitForAny([request.new.device], 0);
      const filesystem = mounts.filesystemOf(request.new.device) ?? 'none';
      const command = labelCommands[filesystem];
      if (command === undefined) throw unknownFilesystem(request.new.device, filesystem);
      const [program, args] = command(node, label);
      commands.run(program, args);
      commands.run('blockdev', ['--flushbufs', node]);
      mounts.refresh(node);
    },
    close: () => mounts.unmount(directory),
    discard: () => mounts.unmount(directory),
  };
}

/** Only a label can be kept from `root=` until the commit: a UUID or a device node is there from the start. */
function labelOf({ root, new: image }: BootRequest): string {
  if (root.device.startsWith('LABEL=') && root.device !== image.device) return root.device.slice('LABEL='.length);
  throw new Failure({
    code: 'unguarded-root',
    kind: 'failed',
    message: `Cannot migrate to root=${root.device}: it exists before the migration has committed`,
    advice: "Name it by LABEL=, give the new image's filesystem another label, and name that one in migrate.new=",
  });
}

function unknownFilesystem(device: string, filesystem: string): Failure {
  const known = Object.keys(labelCommands).join(', ');
  return new Failure({
    code: 'unknown-filesystem',
    kind: 'failed',
    message: `Cannot label ${device}: its filesystem is ${filesystem}, not one of ${known}`,
  });
}
