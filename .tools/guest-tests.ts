/** Folders of test/ whose tests need a kernel of their own: scenarios of qemu/ run them in a guest. */
const folders = ['storage/lvm-thin', 'storage/zfs'];

/** Whether a test file runs in a guest, and would fail here. */
export function runsInGuest(file: string): boolean {
  return folders.some((folder) => file.startsWith(`test/${folder}/`));
}
