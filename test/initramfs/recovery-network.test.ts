import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const program = join(import.meta.dirname, '../../initramfs/recovery-network');

/** Runs the program in a network of its own, with what is in it; /run is its own too. */
function inNetwork(script: string): { readonly status: number | null; readonly said: string } {
  const setUp = 'mount -t tmpfs tmpfs /run; mount -t sysfs sysfs /sys; mkdir /run/root';
  const { status, stdout } = spawnSync(
    'unshare',
    ['--net', '--mount', 'sh', '-euc', `${setUp}\n${script}\nexec "$1" /run/root`, 'sh', program],
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
