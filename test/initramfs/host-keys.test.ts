import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Machine, startInContainer } from './start-in-container.ts';

/** The service of Debian, which asks `sshd -t` before it starts; in place of sshd something that says whether it would have. */
const withSshd: Machine = {
  words: ['migrate.why=try'],
  runs: ['ssh.service'],
  files: {
    'etc/systemd/system/ssh.service.d/60-test.conf':
      '[Unit]\nBefore=migrate-good.service\n[Service]\nType=oneshot\nExecStart=\n' +
      "ExecStart=/bin/sh -c 'echo $$(ls /etc/ssh | grep ^ssh_host_.*_key$$) >> /calls'\n",
  },
};

const good = 'mark-good --checked';
const made = 'ssh_host_ecdsa_key ssh_host_ed25519_key ssh_host_rsa_key';

for (const suite of ['bookworm', 'trixie'] as const) {
  test(`${suite}: a version of an image without host keys has them made, so that sshd starts`, async () => {
    assert.deepEqual((await startInContainer(suite, withSshd)).calls, [made, good]);
  });
}

test('a machine that has a host key keeps what it has', async () => {
  const files = { ...withSshd.files, 'etc/ssh/ssh_host_ed25519_key': 'its own\n' };
  const sshd = { 'etc/systemd/system/ssh.service.d/50-test.conf': '[Service]\nExecStartPre=\n' };
  const { calls } = await startInContainer('bookworm', { ...withSshd, files: { ...files, ...sshd } });
  assert.deepEqual(calls, ['ssh_host_ed25519_key', good]);
});
