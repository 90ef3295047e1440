const prefix = 'zfs:';

/** How a kernel command line names a filesystem or snapshot of ZFS: `zfs:tank/root`, as dracut.zfs(7) reads `root=`. */
export function deviceOfDataset(name: string): string {
  return `${prefix}${name}`;
}

/** The dataset that is named so; null where it is a device of another kind. */
export function datasetOfDevice(device: string): string | null {
  return device.startsWith(prefix) ? device.slice(prefix.length) : null;
}

/** The pool that a dataset lies in. */
export function poolOfDataset(name: string): string {
  return name.split(/[/@]/)[0] ?? name;
}

/** Whether a kernel command line can name it as it is: a blank would be `+` there. */
export function isPlainDataset(name: string): boolean {
  return /^[A-Za-z0-9_.:@/-]+$/.test(name);
}
