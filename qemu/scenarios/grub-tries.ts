import { newImageInForce } from '../operator.ts';
import type { Scenario } from '../scenario.ts';
import { neverHealthy, reportOffTrial, tryNext } from '../store-machine.ts';

/** Three mistakes of the vendor: each start of the image goes wrong in another way. */
const fails = `
cat > /usr/libexec/bad-driver <<'END'
#!/bin/sh
starts=$(cat /etc/starts 2> /dev/null || echo 0)
echo $((starts + 1)) > /etc/starts
sync
case $starts in
  0) echo c > /proc/sysrq-trigger ;;
  1) systemctl --no-block isolate emergency.target ;;
esac
END
cat > /usr/lib/systemd/system/bad-driver.service <<'END'
[Service]
Type=oneshot
ExecStart=/usr/libexec/bad-driver
END
mkdir -p /usr/lib/systemd/system/multi-user.target.wants
ln -s ../bad-driver.service /usr/lib/systemd/system/multi-user.target.wants/
chmod 755 /usr/libexec/bad-driver
${neverHealthy}${reportOffTrial}`;

const isGood = /^Running +trixie\.\d+, good since /;

export const scenario: Scenario = {
  name: 'grub-tries',
  promise:
    'After three starts that failed in three ways GRUB goes back; the image is refused from then on, and a newer one comes to be good.',
  cases: [70, 106],
  layout: 'store',
  loader: 'migrate',
  oldImage: 'bookworm',
  newImage: 'trixie',
  newChanges: fails,
  entries: {},
  diskChanges: `
"$binary" loader set grub boot/migrate --tries 3 > /dev/null
${tryNext}
`,
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 2400,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.12\./, /^6\.1\./],
      panics: true,
      console: { shows: [/Kernel panic/, /the database does not start/] },
      report: {
        'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': 'migrate.why=fallback',
        'migrate status | head -n 1': /^Running +bookworm\.1, good since /,
        'migrate status':
          /next\.\d+ became failed on .*: none of its 3 starts came to be good: .*the database does not start/,
        'ls /run/migrate/store/failures/next.*': '1-checks.json\n1-journal.txt\n2-checks.json\n2-journal.txt',
        'migrate loader show | tail -n 2': 'Good     bookworm.1\nOn trial none',
        'migrate stage next 2>&1 | head -n 1': /Cannot stage next again: next\.\d+, which was made of it, has failed/,
        'migrate stage trixie --json > /dev/null && migrate loader show | tail -n 1':
          /^On trial trixie\.\d+, 3 starts left$/,
      },
    },
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 900,
      kernels: [/^6\.12\./],
      report: {
        ...newImageInForce,
        'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': 'migrate.why=try',
        'systemctl start migrate-good.service; migrate status | head -n 1': isGood,
        'migrate loader show | tail -n 2': /^Good +trixie\.\d+\nOn trial none$/,
        'migrate versions --json | grep --only-matching \'"state":"[a-z]*"\' | sort | uniq -c | tr -s " "':
          '1 "state":"failed"\n 1 "state":"good"\n 1 "state":"retired"',
      },
    },
  ],
  fullOnly: true,
};
