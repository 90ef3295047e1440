import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { plainCommandLine, recoveryCommandLine } from '../../src/versions/command-line.ts';

const program = join(import.meta.dirname, '../../initramfs/recovery-network');

/** Runs a script, and after it the program, in a network of their own; /run is their own too. What comes after it is another script. */
function inNetwork(script: string, after = ''): { readonly status: number | null; readonly said: string } {
  const setUp = 'mount -t tmpfs tmpfs /run; mount -t sysfs sysfs /sys; mkdir /run/root';
  const run = after === '' ? 'exec "$1" /run/root' : `"$1" /run/root && exit 1\n${after}`;
  const { status, stdout } = spawnSync(
    'unshare',
    ['--net', '--mount', 'sh', '-euc', `${setUp}\n${script}\n${run}`, 'sh', program],
    { encoding: 'utf8' },
  );
  return { status, said: stdout.trim() };
}

test('a machine without a wired interface is told so, and its shell comes without a network', () => {
  assert.deepEqual(inNetwork('ip link set lo up'), {
    status: 1,
    said: 'there is no wired interface, or no driver for it',
  });
});

test('a network that is up already stays as it is', () => {
  const wired = 'ip link add wired type veth peer name other; ip link set wired up; ip link set other up';
  const { status, said } = inNetwork(`${wired}; ip address add 192.0.2.2/24 dev wired`);
  assert.equal(status, 0);
  assert.match(said, /^The network is up/);
  assert.equal(inNetwork(wired).status, 1);
});

/** What systemd-networkd would read, of a machine with settings of its own whose kernel was started with these words. */
function settingsWith(words: string): string {
  const machine = '/run/root/etc/systemd/network';
  const { status, said } = inNetwork(
    // In a container systemd's programs look for it elsewhere.
    `echo 'quiet ${words} rd.shell=0' > /run/cmdline; mount --bind /run/cmdline /proc/cmdline
    export SYSTEMD_PROC_CMDLINE='quiet ${words} rd.shell=0'
    mkdir -p ${machine}; echo '[Match]' > ${machine}/10-wired.network; echo '[Match]' > ${machine}/20-names.link`,
    'cd /run/systemd/network; for file in *; do echo "$file:"; cat "$file"; done',
  );
  assert.equal(status, 0, said);
  return said;
}

test('the network of the recovery shell is set as the machine has it, and else by DHCP', () => {
  for (const words of ['', 'ip=dhcp']) {
    const settings = settingsWith(words);
    assert.match(settings, /^10-wired\.network:\n\[Match\]\n20-names\.link:\n/m);
    assert.match(settings, /^zz-recovery\.network:\n\[Match\]\nType=ether\nKind=!\*\n[\s\S]*DHCP=yes/m);
  }
});

/** The words of the entry of the shell, of a machine that is started with more words. */
const wordsOfShell = (words: readonly string[]): string =>
  recoveryCommandLine(
    plainCommandLine({ device: '/dev/vda1', subvolume: null }, { flags: [], words }),
    { device: '/dev/vda1', path: 'migrate' },
    'shell',
  );

const fixed = ['ip=192.0.2.5::192.0.2.1:255.255.255.0::eth0:none', 'nameserver=192.0.2.9'];

test('what is written on the kernel command line counts more than what the machine has, on the entry of the shell too', () => {
  assert.match(wordsOfShell(['quiet']), / ip=dhcp$/);
  assert.doesNotMatch(wordsOfShell(fixed), / ip=dhcp/);
  // The last as somebody in the menu adds to the entry.
  for (const words of [fixed.join(' '), wordsOfShell(fixed), `${wordsOfShell(['quiet'])} ${fixed.join(' ')}`]) {
    const settings = settingsWith(words);
    assert.doesNotMatch(settings, /10-wired/, words);
    assert.match(settings, /^20-names\.link:/m);
    assert.match(settings, /^[0-9]+-eth0\.network:\n[\s\S]*Name=eth0\n[\s\S]*Address=192\.0\.2\.5\/24\n/m, words);
    assert.match(settings, /^DNS=192\.0\.2\.9$/m);
  }
});
