import type { Scenario } from '../scenario.ts';
import { reportOffTrial, tryNext, wentBack } from '../store-machine.ts';

/**
 * A service of the vendor that never ends at the first start of the image, and takes systemd itself down at the second one,
 * which then does nothing any more. Where it hangs, minutes are enough.
 */
const hangs = `
cat > /usr/libexec/first-start <<'END'
#!/bin/sh
if [ ! -e /etc/has-hung ]; then
  touch /etc/has-hung
  sync
else
  kill -ABRT 1
fi
exec sleep infinity
END
chmod 755 /usr/libexec/first-start
cat > /usr/lib/systemd/system/first-start.service <<'END'
[Unit]
After=migrate-watchdog.service
Before=boot-complete.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/usr/libexec/first-start
END
mkdir -p /usr/lib/systemd/system/boot-complete.target.requires /etc/systemd/system/boot-complete.target.d
ln -s ../first-start.service /usr/lib/systemd/system/boot-complete.target.requires/
printf '[Unit]\\nJobTimeoutSec=2min\\n' > /etc/systemd/system/boot-complete.target.d/50-migrate-trial.conf
${reportOffTrial}`;

/** systemd has let go of the watchdog without stopping it, and GRUB's screen follows: no kernel says that it restarts. */
const endedByWatchdog = /watchdog did not stop!(?:(?!reboot: )[\s\S])*\[H[^\n]*GNU GRUB/;

export const scenario: Scenario = {
  name: 'grub-hangs',
  promise:
    'A version that hangs is ended, by the time limit of its boot, or by the watchdog where systemd itself does nothing; then the previous one runs.',
  cases: [70],
  layout: 'store',
  loader: 'migrate',
  watchdog: true,
  oldImage: 'bookworm',
  newImage: 'trixie',
  newChanges: hangs,
  entries: {},
  diskChanges: tryNext,
  boots: [
    {
      entry: 'loader',
      ends: 'report',
      limitSeconds: 1800,
      kernels: [/^6\.12\./, /^6\.12\./, /^6\.1\./],
      console: { shows: [/Not healthy/, endedByWatchdog] },
      report: {
        ...wentBack,
        'migrate status':
          /next\.\d+ became failed on .*: none of its 2 starts came to be good: .*not reached: boot-complete\.target; still starting: first-start\.service/,
      },
    },
  ],
  fullOnly: true,
};
