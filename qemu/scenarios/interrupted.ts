import { btrfsTrial } from '../entries.ts';
import { bootedAsV2, changesInForce, healthy, newImageInForce, operatorChanges } from '../operator.ts';
import type { Expectations, Scenario } from '../scenario.ts';

/** Enough to carry that the power is cut in the middle of it. */
export const manyFiles: string = `
mkdir /srv/many
i=0
while [ $i -lt 2000 ]; do echo "file $i" > "/srv/many/$i"; i=$((i + 1)); done
(cd /srv/many && sha256sum -- *) > /root/many.sha256
`;

/** That all of them arrived. */
export const manyFilesWhole: Expectations = {
  'cd /srv/many && sha256sum --check --quiet /root/many.sha256 && echo whole': 'whole',
};

export const scenario: Scenario = {
  name: 'interrupted',
  promise: 'The power is cut while a migration is applied; the next start completes it.',
  cases: [65],
  layout: 'btrfs',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: operatorChanges + manyFiles,
  entries: { trial: btrfsTrial },
  boots: [
    {
      entry: 'trial',
      ends: 'cut',
      steps: [{ wait: /migrate: copying/ }, { pause: 1 }, 'cut-power'],
      disks: { 'test -e disk/@v2 || echo absent': 'absent' },
    },
    {
      entry: 'trial',
      ends: 'report',
      report: {
        ...changesInForce,
        ...newImageInForce,
        ...bootedAsV2,
        ...healthy,
        'findmnt --noheadings --output SOURCE /': '/dev/vda[/@v2]',
        ...manyFilesWhole,
      },
    },
  ],
};
