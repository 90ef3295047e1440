import type { Expectations, Scenario } from '../scenario.ts';

/** A check that fails on the first boot of a version, and a wanted one that always does. */
const checks = `
mkdir -p /etc/migrate/check.d/required.d /etc/migrate/check.d/wanted.d
cat > /etc/migrate/check.d/required.d/50-second-boot <<'END'
#!/bin/sh
[ -e /etc/second-boot ] && exit 0
touch /etc/second-boot
echo "the database is not there"
exit 3
END
printf '#!/bin/sh\\nexit 1\\n' > /etc/migrate/check.d/wanted.d/60-never
chmod 755 /etc/migrate/check.d/*/*
`;

/** What a loader says that has counted the boot. */
const counted = ['migrate.why=try'];

const failures = '/run/migrate/store/failures/trixie.*';

const good: Expectations = {
  'systemctl start migrate-good.service; systemctl is-active migrate-good.service boot-complete.target':
    'active\nactive',
  'migrate status | head -n 1': /^Running +trixie\.\d+, good since /,
  'journalctl --boot --unit migrate-good.service --output cat':
    /passed {2}50-second-boot {2}\(required, after the soak time/,
  'migrate mark-good --checked': /^Nothing is on trial: trixie\.\d+ is good$/,
  [`grep --only-matching '"the check .*"' ${failures}/1-checks.json`]:
    '"the check 50-second-boot failed: it ended with 3: the database is not there"',
  [`grep --count --max-count 1 'the database is not there' ${failures}/1-journal.txt`]: '1',
  [`ls ${failures}`]: '1-checks.json\n1-journal.txt',
  'systemctl show --property JobTimeoutUSec --value multi-user.target boot-complete.target': '10min\n\n10min',
  'systemctl show --property JobTimeoutUSec,JobTimeoutAction --value migrate-good.service': '20min\nreboot',
  'systemctl show --property Wants --value emergency.target': /migrate-emergency\.service/,
};

export const scenario: Scenario = {
  name: 'health',
  promise:
    'A version on trial that a required check finds not healthy starts again, with what failed kept in the store; healthy, it is marked good.',
  cases: [104, 106],
  layout: 'store',
  loader: 'none',
  oldImage: 'bookworm',
  newImage: 'trixie',
  oldChanges: checks,
  entries: {},
  boots: [
    {
      entry: 'next',
      words: [...counted, 'systemd.mask=migrate-test-report.service'],
      ends: 'off',
      limitSeconds: 900,
      console: { shows: [/failed {2}50-second-boot: it ended with 3/, /failed {2}60-never/, /Not healthy/] },
    },
    { entry: 'next', words: counted, ends: 'report', limitSeconds: 900, report: good },
  ],
  fullOnly: true,
};
