import { changesInForce, healthy, operatorChanges } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { runsAsBefore, wholeStore, withArchive, withTop } from '../store-machine.ts';

/** Enough of the image's entries that the power is cut in the middle of it, and on the disk. */
const stageHalfWay = `${withTop}
migrate stage /data/fresh.tar.zst --name fresh > /root/first.log 2>&1 &
until [ "$(find "$branches"/unpacking-* 2> /dev/null | wc -l)" -gt 3000 ]; do sleep 1; done
sync
echo 'half unpacked' > /dev/console
wait
`;

const longest = 900;

export const scenario: Scenario = {
  name: 'store-interrupted',
  promise:
    'The power is cut while stage unpacks an image; the machine starts as before, and the image is staged again.',
  cases: [65],
  layout: 'store',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges,
  newChanges: 'echo "the next image" > /etc/issue',
  diskChanges: withArchive,
  entries: {},
  boots: [
    {
      entry: 'version:bookworm.1',
      ends: 'cut',
      limitSeconds: longest,
      steps: [{ wait: /half unpacked/, seconds: longest }, 'cut-power'],
      report: { [stageHalfWay]: '' },
      disks: {
        "ls disk/migrate/volumes/system/branches | grep --count '^unpacking-[0-9]*$'": '1',
        'test -e disk/migrate/volumes/system/tags/fresh || echo absent': 'absent',
      },
    },
    {
      entry: 'version:bookworm.1',
      ends: 'report',
      limitSeconds: longest,
      report: {
        ...runsAsBefore,
        // What was armed before is armed still.
        'migrate status | sed --quiet 2p': /^Next boot +trixie\.3 is armed/,
        'migrate image ls | grep --count ^fresh': '0',
        'migrate stage /data/fresh.tar.zst --name fresh > /root/staged 2>&1 && tail -n 2 /root/staged':
          /^fresh\.\d+ is armed in place of trixie\.3, which no boot has made: .*\nThe next boot makes it/,
        ...wholeStore('bookworm.1'),
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
  ],
};
