import { changesInForce, healthy } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { onBtrfs, runsAsBefore, type StoreMachine, wholeStore, withArchive } from '../store-machine.ts';

/** Enough of the image's entries that the power is cut in the middle of it, and on the disk. */
const stageHalfWay = ({ withTop, archive }: StoreMachine): string => `${withTop}
migrate stage ${archive.onMachine} --name fresh > /root/first.log 2>&1 &
until [ "$(find "$branches"/unpacking-* 2> /dev/null | wc -l)" -gt 3000 ]; do sleep 1; done
sync
echo 'half unpacked' > /dev/console
wait
`;

const longest = 900;

/** The power of such a machine is cut while it stages an archive. */
export function interruptedStore(machine: StoreMachine): Omit<Scenario, 'name' | 'promise'> {
  return {
    ...machine.scenario,
    cases: [65],
    loader: 'none',
    oldImage: 'bookworm',
    newImage: 'trixie',
    newChanges: 'echo "the next image" > /etc/issue',
    diskChanges: withArchive(machine),
    entries: {},
    boots: bootsOf(machine),
  };
}

function bootsOf(machine: StoreMachine): Scenario['boots'] {
  return [
    {
      entry: 'version:bookworm.1',
      ends: 'cut',
      limitSeconds: longest,
      steps: [{ wait: /half unpacked/, seconds: longest }, 'cut-power'],
      report: { [stageHalfWay(machine)]: '' },
    },
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...runsAsBefore(machine),
        // What was armed before is armed still.
        'migrate status | sed --quiet 2p': /^Next boot +trixie\.3 is armed/,
        'migrate image ls | grep --count ^fresh': '0',
        "migrate volume fsck | grep --count 'system/unpacking-[0-9]*: a command that was interrupted has left it'": '1',
        [`migrate stage ${machine.archive.onMachine} --name fresh > /root/staged 2>&1 && tail -n 2 /root/staged`]:
          /^fresh\.\d+ is armed in place of trixie\.3, which no boot has made: .*\nThe next boot makes it/,
        ...wholeStore(machine, 'bookworm.1'),
      },
    },
    {
      entry: 'next',
      ends: 'report',
      limitSeconds: longest,
      fullOnly: true,
      report: {
        ...changesInForce,
        ...healthy,
        'cat /etc/issue': 'the next image',
        'migrate status | head -n 1': /^Running +fresh\.\d+, trial since /,
      },
    },
  ];
}

export const scenario: Scenario = {
  ...interruptedStore(onBtrfs),
  name: 'store-interrupted',
  promise:
    'The power is cut while stage unpacks an image; the machine starts as before, and the image is staged again.',
};
