import type { Entry } from './scenario.ts';

const btrfsTrialWords = [
  ...['root=LABEL=ROOT', 'rootflags=subvol=@v2', 'rw', 'migrate.run', 'migrate.version=v2', 'migrate.old=subvol=@v1'],
  ...['migrate.base=subvol=@images/bookworm', 'rd.shell=0', 'rd.emergency=reboot', 'panic=10'],
].join(' ');

/** The previous version, as the loader keeps it: its own kernel, initramfs and root. */
export const btrfsOld: Entry = {
  system: 'old',
  initramfs: 'migrate',
  cmdline: 'root=LABEL=ROOT rootflags=subvol=@v1 rw',
};

/** The first start of the new image. `@v2` exists only once the migration is committed. */
export const btrfsTrial: Entry = {
  system: 'new',
  initramfs: 'migrate',
  binary: true,
  cmdline: `${btrfsTrialWords} migrate.new=subvol=@images/trixie`,
};

/** The same for a scenario with `newChanges`. */
export const btrfsTrialOfChangedImage: Entry = {
  ...btrfsTrial,
  cmdline: `${btrfsTrialWords} migrate.new=subvol=@images/new`,
};

/** The first start of the new image on partitions. The label V2 is set at the commit. */
export const partitionTrial: Entry = {
  system: 'new',
  initramfs: 'migrate',
  binary: true,
  cmdline: [
    ...['root=LABEL=V2', 'rw', 'migrate.run', 'migrate.version=v2', 'migrate.old=LABEL=V1', 'migrate.new=LABEL=V2-new'],
    ...['migrate.base=LABEL=BASE', 'rd.shell=0', 'rd.emergency=reboot', 'panic=10'],
  ].join(' '),
};
