import type { Scenario } from '../scenario.ts';
import { reportOffTrial, withTop } from '../store-machine.ts';

/** The old system's check of its database, which the new version does not come to pass, and writes to what volumes hold. */
const failingCheck = `
mkdir -p /etc/migrate/check.d/required.d /etc/migrate/volumes.d /etc/app /home/alice
echo 'volume app /etc/app class=config' > /etc/migrate/volumes.d/local.volume
echo before > /etc/app/settings
echo before > /home/alice/letter
cat > /etc/migrate/check.d/required.d/50-database <<'END'
#!/bin/sh
. /etc/os-release
[ "$VERSION_CODENAME" = bookworm ] && exit 0
echo trial > /etc/app/settings
echo trial > /home/alice/letter
echo "the database does not start"
exit 1
END
chmod 755 /etc/migrate/check.d/required.d/50-database
${reportOffTrial}`;

export const scenario: Scenario = {
  name: 'grub-fallback',
  promise:
    'A version that is never healthy is started as often as GRUB has counted, then the previous one runs, says why at login, and is not offered the image again.',
  cases: [70, 106],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: failingCheck,
  entries: {},
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1500,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.1\./],
      console: { shows: [/the database does not start/] },
      report: {
        'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': 'migrate.why=fallback',
        '. /etc/os-release; echo $VERSION_CODENAME': 'bookworm',
        'systemctl is-active migrate-loader.service': 'active',
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'migrate status': /trixie\.\d+ became failed on .*: .*the database does not start/,
        'migrate loader show | tail -n 2': 'Good     bookworm.1\nOn trial none',
        'journalctl --no-pager --output=cat --unit=migrate-loader.service':
          /^trixie\.\d+ failed: none of its 2 starts came to be good: .*the database does not start/m,
        'cat /etc/app/settings /home/alice/letter': 'before\nbefore',
        [`${withTop} cd /mnt/migrate/volumes && cat app/branches/trixie.*/settings home/branches/main/alice/letter`]:
          'trial\ntrial',
        'cat /run/motd.d/migrate': /the database does not start/,
        'migrate stage trixie 2>&1 | head -n 1':
          /Cannot stage trixie again: trixie\.\d+, which was made of it, has failed/,
        'migrate stage trixie --force --json > /dev/null && migrate loader show | tail -n 1':
          /^On trial trixie\.\d+, 2 starts left$/,
      },
    },
  ],
};
