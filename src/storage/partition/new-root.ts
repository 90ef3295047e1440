import type { BootRequest } from '../../domain/boot-request.ts';
import { bytesOfText } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { System } from '../../system/system.ts';
import type { NewRoot, NewRootKind } from '../new-root.ts';

/**
 * The result is made in place, on a filesystem of its own that carries another label until the commit gives it the one in
 * `root=LABEL=`. Unfinished it cannot be made pristine again; it stays without that label, and the next try goes on with it.
 */
export const partitionNewRoot: NewRootKind = {
  name: 'partition',
  serves: ({ root }) => root.subvolume === null && root.object === undefined,
  prepare: preparePartition,
};

/** How a filesystem is given a label while it is not mounted, and how many bytes a label may have there. */
type Labelling = {
  readonly bytes: number;
  readonly command: (node: string, label: string) => readonly [string, readonly string[]];
};

const byTune2fs: Labelling = { bytes: 16, command: (node, label) => ['tune2fs', ['-L', label, node]] };
const labellings: Readonly<Record<string, Labelling>> = {
  ext4: byTune2fs,
  ext3: byTune2fs,
  xfs: { bytes: 12, command: (node, label) => ['xfs_admin', ['-L', label, node]] },
  btrfs: { bytes: 255, command: (node, label) => ['btrfs', ['filesystem', 'label', node, label]] },
};

function preparePartition(request: BootRequest, workDirectory: string, system: System): NewRoot {
  const { commands, mounts } = system;
  const directory = `${workDirectory}/new`;
  const label = labelOf(request);

  return {
    resumes: true,
    isCommitted() {
      if (mounts.find(request.root.device) === null) return false;
      if (mounts.find(request.new.device) === null) return true;
      throw labelTaken(request);
    },
    open() {
      mounts.unmount(directory);
      // Better known before hours of copying than after.
      labellingOf(mounts.filesystemOf(request.new.device), label, request);
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
      const { command } = labellingOf(mounts.filesystemOf(node), label, request);
      const [program, args] = command(node, label);
      commands.run(program, args);
      commands.run('blockdev', ['--flushbufs', node]);
      mounts.refresh(node);
      if (mounts.waitForAny([request.root.device], labelSeconds) !== node) throw labelTaken(request);
    },
    close: () => mounts.unmount(directory),
    discard: () => mounts.unmount(directory),
  };
}

/** How long the device manager may take to see a new label. */
const labelSeconds = 30;

function labellingOf(filesystem: string, label: string, { new: image }: BootRequest): Labelling {
  const labelling = labellings[filesystem];
  if (labelling === undefined) throw unknownFilesystem(image.device, filesystem);
  if (bytesOfText(label).length <= labelling.bytes) return labelling;
  throw new Failure({
    code: 'label-too-long',
    kind: 'failed',
    message: `Cannot label ${image.device} "${label}": ${filesystem} holds ${labelling.bytes} bytes`,
    advice: 'Give root=LABEL= a shorter name',
  });
}

function labelTaken({ root, new: image }: BootRequest): Failure {
  return new Failure({
    code: 'label-taken',
    kind: 'failed',
    message: `Cannot make ${root.device} of ${image.device}: another filesystem has that label already`,
    advice: 'Take the label off the other filesystem, or name another in root=LABEL=',
  });
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
  const known = Object.keys(labellings).join(', ');
  return new Failure({
    code: 'unknown-filesystem',
    kind: 'failed',
    message: `Cannot label ${device}: its filesystem is ${filesystem}, not one of ${known}`,
  });
}
