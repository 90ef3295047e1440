import { changesInForce, healthy } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { onBtrfs, runsAsBefore, type StoreMachine, wholeStore, withArchive } from '../store-machine.ts';

/** Leaves so many MiB free. */
const fill = ({ withTop, free }: StoreMachine, mebibytes: number): string => `${withTop}
free=$(${free})
fallocate --length "$((free - ${mebibytes}))M" "$top/fill-${mebibytes}" && echo filled
`;

/** None at all, and what the filesystem keeps for records of its own is used up by small files. */
const fillWhole = ({ withTop }: StoreMachine): string => `${withTop}
for size in 64M 8M 1M 64K 4K; do
  i=0
  while fallocate --length $size "$top/fill-$size-$i" 2> /dev/null; do i=$((i + 1)); done
done
sync
dd if=/dev/urandom of=$top/one-more bs=4K count=1 conv=fsync 2>&1 | grep --count 'No space left'
`;

const longest = 900;
const branches = 'bookworm.1';

/** The disk of such a machine is full, and then has room again. */
export function fullStore(machine: StoreMachine): Omit<Scenario, 'name' | 'promise'> {
  return {
    ...machine.scenario,
    cases: [64],
    loader: 'none',
    oldImage: 'bookworm',
    newImage: 'trixie',
    newChanges: 'echo "the next image" > /etc/issue',
    diskChanges: withArchive(machine),
    entries: {},
    fullOnly: true,
    boots: bootsOf(machine),
  };
}

function bootsOf(machine: StoreMachine): Scenario['boots'] {
  const stage = `migrate stage ${machine.archive.onMachine} --name fresh; echo "exit $?"`;
  return [
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...runsAsBefore(machine),
        [fill(machine, 200)]: 'filled',
        [stage]:
          /^migrate: Cannot use the image: unpacking it needs \d+ bytes, and \d+ are free\n {2}Make space, [^\n]*\nexit 1$/,
        'migrate status | sed --quiet 2p': /^Next boot +trixie\.3 is armed/,
        'migrate image ls | grep --count ^fresh': '0',
        ...wholeStore(machine, branches),
        [fillWhole(machine)]: '1',
        [`true; ${stage}`]: /^migrate: [^\n]*(space|ENOSPC)[^\n]*\n( {2}[^\n]*\n)?exit 1$/,
      },
    },
    {
      entry: 'next',
      ends: 'off',
      limitSeconds: longest,
      console: {
        shows: [machine.whenFull.console],
        lacks: [/is made and committed/],
      },
      disks: { "find disk/migrate/volumes/system -maxdepth 2 -name '*.migrating'": '' },
    },
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...runsAsBefore(machine),
        ...machine.whenFull.told,
        [`${machine.withTop} rm $top/fill-* && sync && echo freed`]: 'freed',
        ...wholeStore(machine, branches),
        // A line of the ledger for which there was no room may be there in part; the next one takes its place.
        'migrate volume fsck':
          /^(notice +ledger\.ndjson: its last \d+ bytes are a line that was cut off[^\n]*\n)?The ledger and the store agree$/,
        'migrate stage trixie --force --json > /root/staged.json && echo staged': 'staged',
      },
    },
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: longest,
      report: { ...changesInForce, ...healthy, 'migrate status | head -n 1': /^Running +trixie\.\d+, trial since / },
    },
  ];
}

export const scenario: Scenario = {
  ...fullStore(onBtrfs),
  name: 'store-full',
  promise:
    'The disk is full while stage unpacks, and then while the boot migrates: one clear error each, and the machine starts as before.',
};
