import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peerCommand } from '../../src/domain/peer-command.ts';
import { parseRemoteUrl } from '../../src/domain/remote.ts';

const plain = { identity: null, sshOptions: [] };

test('URLs of remotes are read', () => {
  const ssh = { kind: 'ssh', user: null, port: null, path: '/srv/store' };
  assert.deepEqual(parseRemoteUrl('ssh://vault/srv/store'), { ...ssh, host: 'vault' });
  assert.deepEqual(parseRemoteUrl('ssh://me@vault.example:2222/srv/store'), {
    ...ssh,
    ...{ user: 'me', host: 'vault.example', port: 2222 },
  });
  assert.deepEqual(parseRemoteUrl('ssh://[fe80::1]:22/srv/store'), { ...ssh, host: 'fe80::1', port: 22 });
  assert.deepEqual(parseRemoteUrl('/srv/store'), { kind: 'path', path: '/srv/store' });
  const repository = 'sftp:me@vault:/srv/restic';
  assert.deepEqual(parseRemoteUrl(`restic:${repository}`), { kind: 'restic', repository });
});

test('what ssh or restic would take for an option, or the terminal for a control, is no URL', () => {
  for (const url of [
    ...['ssh://-oProxyCommand=x/y', 'ssh://-l@vault/y', 'ssh://vault', 'ssh://vault:0/y', 'ssh://vault:65536/y'],
    ...[
      'ssh://a b/y',
      'ssh://vault;id/y',
      'ssh:///y',
      'srv/store',
      '',
      'restic:',
      'restic:--option',
      'ssh://vault/y\u001b[2J',
    ],
    ...['rsync://vault/y', 'ssh://me:secret@vault/y'],
  ]) {
    assert.throws(() => parseRemoteUrl(url), { code: 'remote-url' }, url);
  }
});

test('a store behind ssh is asked by the ssh of the machine, its own options first', () => {
  const remote = { identity: '/root/key', sshOptions: ['ConnectTimeout=1'] };
  const address = parseRemoteUrl("ssh://me@vault:2222/srv/it's $(id)");
  assert.ok(address.kind === 'ssh');
  const command = peerCommand(remote, address, ['migrate']);
  assert.ok(command.indexOf('ConnectTimeout=1') < command.indexOf('ConnectTimeout=20'));
  assert.deepEqual(command.slice(0, 2), ['ssh', '-T']);
  assert.deepEqual(command.slice(-11), [
    ...['-i', '/root/key', '-o', 'IdentitiesOnly=yes', '-p', '2222', '-l', 'me', '--', 'vault'],
    "migrate serve --store '/srv/it'\\''s $(id)'",
  ]);
});

test('a store on this machine is asked by this program itself', () => {
  const address = parseRemoteUrl('/srv/a store');
  assert.ok(address.kind === 'path');
  assert.deepEqual(peerCommand(plain, address, ['node', 'main.ts']), [
    ...['node', 'main.ts', 'serve', '--store', '/srv/a store'],
  ]);
});
