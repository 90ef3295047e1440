/** A logical volume of LVM by the names of its group and its own. */
export type LogicalVolume = { readonly group: string; readonly name: string };

const directory = '/dev/mapper/';

/** The node of an active volume. The device mapper's own name of it joins both by a hyphen and doubles those in them. */
export function mapperPath({ group, name }: LogicalVolume): string {
  return `${directory}${mapperName({ group, name })}`;
}

/** What the device mapper calls the volume. */
export function mapperName({ group, name }: LogicalVolume): string {
  return [group, name].map((part) => part.replaceAll('-', '--')).join('-');
}

/** The volume that has that node; null where it is no node of a volume. */
export function volumeOfMapper(path: string): LogicalVolume | null {
  if (!path.startsWith(directory)) return null;
  const [, group, name] = /^((?:[^-]|--)+)-((?:[^-]|--)+)$/.exec(path.slice(directory.length)) ?? [];
  if (group === undefined || name === undefined) return null;
  return { group: group.replaceAll('--', '-'), name: name.replaceAll('--', '-') };
}
