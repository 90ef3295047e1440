import { changesInForce, healthy, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { runsAsBefore, wholeStore, withArchive, withTop } from '../store-machine.ts';

/** Leaves so many MiB free; none at all, and what btrfs keeps for records of its own is used up by small files. */
const fill = (mebibytes: number): string => `${withTop}
free=$(df --output=avail --block-size=1M /mnt | tail -n 1)
fallocate --length "$((free - ${mebibytes}))M" "/mnt/fill-${mebibytes}" && echo filled
`;
const fillWhole = `${withTop}
for size in 64M 8M 1M 64K 4K; do
  i=0
  while fallocate --length $size "/mnt/fill-$size-$i" 2> /dev/null; do i=$((i + 1)); done
done
sync
dd if=/dev/urandom of=/mnt/one-more bs=4K count=1 conv=fsync 2>&1 | grep --count 'No space left'
`;

const longest = 900;
const stage = 'migrate stage /data/fresh.tar.zst --name fresh; echo "exit $?"';
const branches = 'bookworm.1';

export const scenario: Scenario = {
  name: 'store-full',
  promise:
    'The disk is full while stage unpacks, and then while the boot migrates: one clear error each, and the machine starts as before.',
  cases: [64],
  layout: 'store',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  newChanges: 'echo "the next image" > /etc/issue',
  diskChanges: withArchive,
  entries: {},
  fullOnly: true,
  boots: [
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...runsAsBefore,
        [fill(200)]: 'filled',
        [stage]:
          /^migrate: Cannot use the image: unpacking it needs \d+ bytes, and \d+ are free\n {2}Make space, [^\n]*\nexit 1$/,
        'migrate status | sed --quiet 2p': /^Next boot +trixie\.3 is armed/,
        'migrate image ls | grep --count ^fresh': '0',
        ...wholeStore(branches),
        [fillWhole]: '1',
        [`true; ${stage}`]: /^migrate: [^\n]*(space|ENOSPC)[^\n]*\n( {2}[^\n]*\n)?exit 1$/,
      },
    },
    {
      entry: 'next',
      ends: 'off',
      limitSeconds: longest,
      console: {
        shows: [/migrate: failed: Cannot write \d+ bytes in \d+ files to .*: \d+ bytes .* are free/],
        lacks: [/is made and committed/],
      },
      disks: { "find disk/migrate/volumes/system -maxdepth 2 -name '*.migrating'": '' },
    },
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...runsAsBefore,
        'migrate status | sed --quiet 3p': /^Last outcome +trixie\.3 became failed on .*: Cannot write \d+ bytes/,
        [`${withTop} rm /mnt/fill-* && sync && echo freed`]: 'freed',
        ...wholeStore(branches),
        'migrate stage trixie --force --json > /root/staged.json && echo staged': 'staged',
      },
    },
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: longest,
      report: { ...changesInForce, ...healthy, 'migrate status | head -n 1': /^Running +trixie\.\d+, trial since / },
    },
  ],
};
