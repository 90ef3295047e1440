import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Host, withHosts } from '../../transfer-hosts.ts';

const environment = { RESTIC_PASSWORD: 'secret' };

type Snapshot = {
  readonly id: string;
  readonly tags: readonly string[];
  readonly hostname: string;
  readonly paths: readonly string[];
};

function pushed(host: Host, ...args: readonly string[]): Record<string, unknown> {
  const { status, stdout, stderr } = host.run(['push', ...args, '--json'], environment);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

function refused(host: Host, env: Readonly<Record<string, string>>, ...args: readonly string[]): string {
  const { status, stderr } = host.run(['push', ...args], env);
  assert.equal(status, 1, stderr);
  return stderr;
}

function restic(repository: string, ...args: readonly string[]): string {
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment };
  return execFileSync('restic', ['--no-cache', '--repo', repository, ...args], { encoding: 'utf8', env });
}

test('a branch goes to a repository of restic on this machine, and comes back with restic restore', async () => {
  await withHosts(({ alpha, beta }) => {
    const repository = join(alpha.directory, 'repository');
    const url = `restic:${repository}`;
    alpha.makeBranch('home', 'main', 'first');
    alpha.withContent('home/main', true, (directory) =>
      execFileSync(
        'sh',
        ['-euc', 'ln file other; mkdir -m 750 d; setfattr -n user.x -v y file; chown 12:34 d; ln -s file l'],
        {
          cwd: directory,
        },
      ),
    );
    const absent = refused(alpha, environment, 'home', url);
    assert.match(absent, /restic failed: .*Is there a repository at the following location\?/);
    assert.match(absent, /make it with --init/);
    assert.match(refused(alpha, {}, 'home', url, '--init'), /restic failed: .*password/);

    const first = pushed(alpha, 'home', url, '--init');
    assert.equal(first['outcome'], 'sent');
    assert.match(refused(alpha, { RESTIC_PASSWORD: 'wrong' }, 'home', url), /restic failed: .*wrong password/);
    assert.equal(pushed(alpha, 'home', url)['outcome'], 'up-to-date', 'what it has is not sent again');
    const split = alpha.run(['push', 'home', url, '--as', 'old main,uuid:0'], environment);
    assert.deepEqual([split.status, /"old main,uuid:0"/.test(split.stderr)], [2, true], split.stderr);
    assert.equal(pushed(alpha, 'home', url, '--as', 'spare', '--plan')['outcome'], 'would-send');
    alpha.write('home/main', 'file', 'second');
    assert.equal(pushed(alpha, 'home', url, '--plan')['outcome'], 'would-send');
    assert.equal(alpha.objects().length, 2, 'the branch and what was sent last');
    alpha.done('remote', 'add', 'offsite', url);
    const second = pushed(alpha, 'home/main', 'offsite', '--init');
    assert.notEqual(second['snapshot'], first['snapshot']);

    const snapshots = JSON.parse(restic(repository, 'snapshots', '--json')) as Snapshot[];
    assert.deepEqual(
      snapshots.map(({ hostname, tags }) => [hostname, ...tags.slice(0, 2)]),
      [
        ['alpha', 'volume:home', 'branch:main'],
        ['alpha', 'volume:home', 'branch:main'],
      ],
    );
    const [paths, again] = snapshots.map((one) => one.paths);
    assert.deepEqual(paths, again, 'the path is stable, by which restic finds what it has read before');

    const target = join(alpha.directory, 'restored');
    mkdirSync(target);
    restic(repository, 'restore', String(first['snapshot']), '--target', target);
    const root = join(target, paths?.[0] ?? '');
    assert.equal(readFileSync(join(root, 'file'), 'utf8'), 'first');
    const said = execFileSync(
      'sh',
      ['-euc', 'stat -c "%h" file; stat -c "%a %u:%g" d; readlink l; getfattr --only-values -n user.x file'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    assert.equal(said, '2\n750 12:34\nfile\ny');

    const fetch = (host: Host, ...args: readonly string[]) => host.run(['fetch', ...args], environment);
    assert.match(fetch(alpha, 'home/main', 'offsite').stdout, /@home is here already/);
    const record = `${root}.json`;
    writeFileSync(join(root, 'file'), 'forged');
    restic(repository, 'backup', '--host', 'alpha', '--tag', 'volume:forged', '--tag', 'branch:main', root, record);
    assert.match(fetch(beta, 'forged/main', url).stderr, /what was unpacked is .* was sent/);
    assert.deepEqual([beta.objects(), beta.problems()], [[], []]);
    const fetched = fetch(beta, 'home/main', url);
    assert.match(fetched.stdout, /^Fetched sent\+\d+@alpha\+home, of the branch main: .*, as tar\n$/, fetched.stderr);
    const [tag = ''] = beta.objects();
    assert.equal(beta.read(tag), 'second');
    const links = beta.withContent(tag, false, (directory) =>
      execFileSync('stat', ['-c', '%h', 'file'], { cwd: directory, encoding: 'utf8' }),
    );
    assert.equal(links, '2\n');
    assert.equal(beta.run(['pull', 'home/main', url], environment).status, 0);
    assert.equal(beta.read('alpha+home/main'), 'second');
    assert.match(fetch(beta, 'home/none', url).stderr, /The repository has no snapshot of home\/none/);
    assert.match(fetch(beta, 'home', url).stderr, /it is one branch/);
    restic(
      repository,
      'backup',
      '--host',
      'alpha',
      ...['volume:other', 'branch:main'].flatMap((one) => ['--tag', one]),
      target,
    );
    assert.match(fetch(beta, 'other/main', url).stderr, /it is not one that migrate push has made/);
    assert.deepEqual([beta.problems(), readdirSync(beta.store).includes('restic-restoring')], [[], false]);
    assert.deepEqual(alpha.problems(), []);
    assert.doesNotMatch(readFileSync('/proc/self/mountinfo', 'utf8'), /migrate\/restic/);
  });
});

test('a branch goes to a repository of restic behind sftp', async () => {
  await withHosts(({ alpha, beta, freeKey }) => {
    const [command, host] = [['ssh', '-o', 'BatchMode=yes', ...freeKey(), '-s', 'sftp'].join(' '), 'root@10.123.45.2'];
    const repository = `sftp:${host}:${join(beta.directory, 'repository')}`;
    alpha.makeBranch('home', 'main', 'first');
    // restic asks ssh for the host by name; the key and where known hosts are come from the user's own configuration.
    alpha.inNetwork(
      'sh',
      '-euc',
      'mkdir -p "$1/bin-ssh"; printf "#!/bin/sh\\nexec /usr/bin/%s\\n" "$2" > "$1/bin-ssh/ssh"; chmod 755 "$1/bin-ssh/ssh"',
      'sh',
      alpha.directory,
      command,
    );
    const path = `${join(alpha.directory, 'bin-ssh')}:${process.env['PATH'] ?? ''}`;
    const run = (...args: readonly string[]) => alpha.run(['push', ...args], { ...environment, PATH: path });
    const { status, stderr } = run('home', `restic:${repository}`, '--init');
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    const snapshots = JSON.parse(restic(join(beta.directory, 'repository'), 'snapshots', '--json')) as Snapshot[];
    assert.deepEqual(
      snapshots.map(({ hostname, tags }) => [hostname, ...tags.slice(0, 2)]),
      [['alpha', 'volume:home', 'branch:main']],
    );
  });
});
