/** What the name of a root ends in while an initramfs makes it; the commit takes it off. */
const ending = '.migrating';

/** What a root is called until its commit. */
export function unfinishedName(name: string): string {
  return `${name}${ending}`;
}

/** What a volume is, or will be, called once it is whole. */
export function finishedName(name: string): string {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : name;
}
