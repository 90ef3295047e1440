/** linux/btrfs_tree.h: the inode number of the root directory of every subvolume. */
export const rootInode = 256;
