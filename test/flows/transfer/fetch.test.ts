import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withHosts } from '../../transfer-hosts.ts';

function json(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

function tagsIn(text: string): { name: string; isNew: boolean; format: string | null; bytes: number }[] {
  return json(text)['tags'] as { name: string; isNew: boolean; format: string | null; bytes: number }[];
}

test('a branch of another store is fetched as tags, found by its host, and stays apart from local branches', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', 'of alpha');
    beta.makeBranch('home', 'main', 'of beta');
    assert.match(
      alpha.fails(2, 'fetch', 'home/main', 'beta'),
      /Cannot fetch home\/main from beta: no tag was made of it/,
    );
    beta.done('volume', 'tag', 'one@home', 'home/main');
    assert.match(alpha.done('fetch', 'home/main', 'beta'), /^Fetched one@beta\+home, of the branch main: /);
    assert.equal(alpha.read('one@beta+home'), 'of beta');
    assert.equal(alpha.read('home/main'), 'of alpha');
    assert.match(alpha.done('fetch', 'home/main', 'beta'), /one@beta\+home, of the branch main is here already/);
    beta.write('home/main', 'file', 'later');
    beta.done('volume', 'tag', 'two@home', 'home/main');
    const [two] = tagsIn(alpha.done('fetch', 'beta', '--json'));
    assert.deepEqual([two?.name, two?.isNew, two?.format], ['two@beta+home', true, 'btrfs']);
    assert.match(alpha.done('volume', 'log', 'beta/home/main'), /two@beta\+home/);
    alpha.done('volume', 'branch', 'home/wrong', 'home/main');
    assert.match(alpha.fails(2, 'volume', 'branch', 'home/none', 'beta/home/main'), /different volumes/);
    alpha.done('volume', 'branch', 'beta+home/mine', 'beta/home/main');
    assert.equal(alpha.read('beta+home/mine'), 'later');
    assert.deepEqual([alpha.problems(), beta.problems()], [[], []]);
  });
});

test('what was pushed comes back to its own volume, and what another made of it is a branch of that one', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', 'first');
    alpha.done('volume', 'tag', 'one@home', 'home/main');
    alpha.done('push', 'home', 'beta');
    beta.done('volume', 'branch', 'alpha+home/work', 'alpha/home/main');
    beta.write('alpha+home/work', 'file', 'more');
    beta.done('volume', 'tag', 'back@alpha+home', 'alpha+home/work');
    const [back] = tagsIn(alpha.done('fetch', 'home/work', 'beta', '--json'));
    assert.deepEqual([back?.name, back?.format], ['back@home', 'btrfs']);
    assert.ok((back?.bytes ?? 0) > 0);
    assert.equal(alpha.read('back@home'), 'more');
    alpha.done('remote', 'rm', 'beta');
    alpha.done('volume', 'destroy', 'one@home');
    connect();
    alpha.done('fetch', 'one@home', 'beta');
    assert.equal(alpha.read('one@home'), 'first');
  });
});

test('pull makes a branch, has it go on where it was not changed, and else leaves it', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    beta.makeBranch('home', 'main', 'first');
    beta.done('volume', 'tag', 'one@home', 'home/main');
    assert.match(alpha.done('pull', 'home/main', 'beta'), /Made the branch beta\+home\/main of one@beta\+home\n$/);
    assert.equal(alpha.read('beta+home/main'), 'first');
    assert.match(alpha.done('pull', 'home/main', 'beta'), /beta\+home\/main is up to date\n$/);
    beta.write('home/main', 'file', 'second');
    beta.done('volume', 'tag', 'two@home', 'home/main');

    const place = `${alpha.directory}/mounted`;
    alpha.done('volume', 'mount', 'beta+home/main', place);
    assert.match(alpha.fails(1, 'pull', 'home/main', 'beta'), /beta\+home\/branches\/main: it is mounted/);
    assert.equal(alpha.read('beta+home/main'), 'first');
    assert.deepEqual(alpha.objects(), ['one@beta+home', 'beta+home/main', 'two@beta+home']);
    alpha.done('volume', 'umount', place);
    const pulled = json(alpha.done('pull', 'home/main', 'beta', '--json'));
    assert.equal(pulled['outcome'], 'replaced');
    assert.equal(alpha.read('beta+home/main'), 'second');
    assert.equal(alpha.read(String(pulled['kept'])), 'first');

    alpha.write('beta+home/main', 'file', 'changed here');
    assert.match(alpha.done('pull', 'home/main', 'beta'), /is up to date\n$/);
    beta.write('home/main', 'file', 'third');
    beta.done('volume', 'tag', 'three@home', 'home/main');
    const said = alpha.fails(1, 'pull', 'home/main', 'beta');
    assert.match(said, /Cannot pull beta\+home\/main from beta: it has diverged; the last tag that both have is two/);
    assert.equal(alpha.read('beta+home/main'), 'changed here');
    assert.equal(alpha.read('three@beta+home'), 'third', 'what was fetched is here');
    assert.deepEqual([alpha.problems(), beta.problems()], [[], []]);
  });
});

test('of all volumes those that can be fetched are, and the others are told', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    alpha.done('volume', 'create', 'beta+home');
    for (const volume of ['data', 'home', 'mail']) {
      beta.makeBranch(volume, 'main', volume);
      beta.done('volume', 'tag', `one@${volume}`, `${volume}/main`);
    }
    const { status, stdout, stderr } = alpha.run(['fetch', 'beta', '--json']);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^migrate: one@home: Cannot receive the volume beta\+home of the host beta: /);
    assert.deepEqual(
      tagsIn(stdout).map(({ name }) => name),
      ['one@beta+data', 'one@beta+mail'],
    );
    const failed = json(stdout)['failed'] as { readonly tag: string; readonly code: string }[];
    assert.deepEqual(
      failed.map(({ tag, code }) => [tag, code]),
      [['one@home', 'unrelated']],
    );
    assert.deepEqual(alpha.problems(), []);
  });
});

test('a key that may only read lets a store be fetched from, and not pushed to', async () => {
  await withHosts(({ alpha, beta, connect, forcedKey }) => {
    connect('--read-only');
    beta.makeBranch('home', 'main', 'of beta');
    beta.done('volume', 'tag', 'one@home', 'home/main');
    alpha.done('fetch', 'home/main', 'beta');
    alpha.makeBranch('data', 'main', 'of alpha');
    assert.match(alpha.fails(1, 'push', 'data', 'beta'), /served read-only/);
    assert.match(alpha.fails(1, 'push', 'data', 'beta', '--plan'), /served read-only/);
    assert.deepEqual(alpha.objects(), ['one@beta+home', 'data/main'], 'no tag is made that cannot be sent');
    for (const words of [
      ['cat', '/etc/shadow'],
      ['-s', 'sftp'],
      ['migrate', 'volume', 'ls'],
    ]) {
      assert.throws(() => alpha.inNetwork('ssh', '-o', 'BatchMode=yes', ...forcedKey(), ...words), /Command failed/);
    }
    assert.throws(
      () =>
        alpha.inNetwork(
          'ssh',
          '-o',
          'BatchMode=yes',
          '-N',
          '-o',
          'ExitOnForwardFailure=yes',
          '-R',
          '9:127.0.0.1:9',
          ...forcedKey(),
        ),
      /Command failed/,
    );
    assert.deepEqual(beta.objects(), ['home/main', 'one@home']);
  });
});
