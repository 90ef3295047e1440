/** dracut's mark of an initramfs is in one of these places, by its release and whether systemd is in it. */
const marks = ['/etc/initrd-release', '/usr/lib/initrd-release'];

/** Whether this is an initramfs. */
export function isInitramfs({ exists }: { readonly exists: (path: string) => boolean }): boolean {
  return marks.some(exists);
}
