import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { sleep } from '../../../src/system/sleep.ts';
import { Host, type HostKind, withHosts } from '../../transfer-hosts.ts';

/** The tags of a volume, in order, with who holds them. */
function tagsOf(host: Host): string[] {
  return host.objects().filter((name) => name.includes('@'));
}

function json(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}

test('a branch is pushed over ssh, then only what changed; the common tag is held, the older one goes', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', 'first');
    alpha.write('home/main', 'large', Buffer.alloc(4 * 2 ** 20, 'x'));
    assert.match(alpha.done('push', 'home', 'beta', '--plan'), /^Would send a new tag to beta: whole, as btrfs\n$/);
    assert.deepEqual([tagsOf(alpha), tagsOf(beta)], [[], []]);
    const first = json(alpha.done('push', 'home', 'beta', '--json'));
    assert.equal(first['outcome'], 'sent');
    assert.equal(first['format'], 'btrfs');
    assert.equal(first['parent'], null);
    const [sent] = tagsOf(alpha);
    assert.match(sent ?? '', /^sent\+\d+@home remote:beta$/);
    assert.deepEqual(tagsOf(beta), [String(first['there'])]);
    assert.match(String(first['there']), /^sent\+\d+@alpha\+home$/);
    assert.equal(beta.read(String(first['there'])), 'first');

    assert.match(alpha.done('push', 'home/main', 'beta'), /^beta is up to date/);
    assert.deepEqual(tagsOf(alpha), [sent], 'a branch that did not change is not tagged again');

    alpha.write('home/main', 'file', 'second');
    const second = json(alpha.done('push', 'home/main', 'beta', '--json'));
    assert.equal(`${second['parent']}@home remote:beta`, sent);
    assert.ok(Number(second['bytes']) < 2 ** 20, `${second['bytes']} bytes for one small file`);
    assert.ok(Number(first['bytes']) > 4 * 2 ** 20);
    assert.deepEqual(tagsOf(alpha), [`${second['tag']} remote:beta`], 'what was made to be sent goes with the next');
    assert.equal(beta.read(String(first['there'])), 'first', 'nothing is removed at the other end');
    assert.equal(beta.read(String(second['there'])), 'second');
    assert.deepEqual([alpha.problems(), beta.problems()], [[], []]);

    for (const host of [alpha, beta]) {
      rmSync(join(host.store, 'ledger.ndjson'));
      host.run(['volume', 'fsck', '--repair']);
      assert.deepEqual(host.problems(), []);
    }
    alpha.write('home/main', 'file', 'third');
    const third = json(alpha.done('push', 'home/main', 'beta', '--json'));
    assert.equal(`${third['parent']}@home`, second['tag'], 'ledgers that were lost are made anew from the records');
  });
});

const pairs: readonly (readonly [HostKind, HostKind])[] = [
  ['btrfs', 'overlay'],
  ['overlay', 'btrfs'],
  ['overlay', 'overlay'],
];

for (const [from, to] of pairs) {
  test(`from ${from} to ${to} a branch travels as an archive, and is the same there`, async () => {
    await withHosts(
      ({ alpha, beta, connect }) => {
        connect();
        alpha.makeBranch('home', 'main', 'first');
        const first = json(alpha.done('push', 'home', 'beta', '--json'));
        assert.equal(first['format'], 'tar');
        alpha.write('home/main', 'file', 'second');
        const second = json(alpha.done('push', 'home', 'beta', '--json'));
        assert.equal(second['format'], 'tar');
        assert.equal(beta.read(String(first['there'])), 'first');
        assert.equal(beta.read(String(second['there'])), 'second');
        assert.match(alpha.done('push', 'home', 'beta'), /^beta is up to date/);
        assert.deepEqual([alpha.problems(), beta.problems()], [[], []]);
      },
      { alpha: from, beta: to },
    );
  });
}

/** A test beside this one may have taken over what was mounted here, and keeps it for as long as it runs. */
function pushWhenFree(host: Host): Record<string, unknown> {
  for (let tries = 0; tries < 60; tries += 1) {
    const { status, stdout, stderr } = host.run(['push', 'home', 'beta', '--json']);
    if (status === 0) return json(stdout);
    assert.match(stderr, /it is mounted at/);
    sleep(500);
  }
  throw new Error('it stayed mounted');
}

test('a branch that its storage can take no tag of while it is mounted is not sent, and the refusal says what can be done', async () => {
  await withHosts(
    ({ alpha, beta, connect }) => {
      connect();
      alpha.makeBranch('home', 'main', 'first');
      alpha.done('volume', 'tag', 'kept@home', 'home/main');
      alpha.write('home/main', 'file', 'second');
      const at = join(alpha.store, '../at');
      alpha.done('volume', 'mount', 'home/main', at);
      const said = alpha.fails(1, 'push', 'home', 'beta');
      assert.match(said, /^migrate: Cannot take the content of home\/branches\/main: it is mounted at .*\/at\n/);
      assert.match(said, /Unmount it for the push, or push a tag; .*migrate export home\/main FILE/);
      assert.deepEqual(tagsOf(beta), []);
      // As the advice says.
      alpha.done('export', 'home/main', join(alpha.store, '../home.tar.zst'));
      assert.equal(json(alpha.done('push', 'kept@home', 'beta', '--json'))['outcome'], 'sent');
      alpha.done('volume', 'umount', at);
      assert.equal(beta.read(String(pushWhenFree(alpha)['there'])), 'second');
    },
    { alpha: 'overlay' },
  );
});

test('case 123: a branch that went another way is told, and nothing is sent, nor left; by another name it goes', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', 'first');
    alpha.done('volume', 'tag', 'one@home', 'home/main');
    alpha.done('push', 'home', 'beta');
    alpha.write('home/main', 'file', 'second');
    alpha.done('volume', 'tag', 'two@home', 'home/main');
    alpha.done('push', 'home', 'beta');
    alpha.done('volume', 'destroy', 'home/main');
    alpha.done('volume', 'branch', 'home/main', 'one@home');
    alpha.write('home/main', 'file', 'other');
    const before = [tagsOf(alpha), tagsOf(beta)];
    const said = alpha.fails(1, 'push', 'home/main', 'beta');
    assert.match(
      said,
      /Cannot push home\/main to beta: it has diverged; the last tag that both have is one \([0-9a-f]{8}\), here came /,
    );
    assert.match(said, /there two \([0-9a-f]{8}\)/);
    assert.match(said, /--as NAME/);
    assert.match(alpha.fails(1, 'push', 'home/main', 'beta', '--plan'), /it has diverged/);
    assert.deepEqual([tagsOf(alpha), tagsOf(beta)], before);
    const sent = json(alpha.done('push', 'home/main', 'beta', '--as', 'spare', '--json'));
    assert.equal(sent['parent'], 'one');
    assert.equal(beta.read(String(sent['there'])), 'other');
    assert.equal(beta.read('two@alpha+home'), 'second');
  });
});

test('case 125: a store that was put back to an old state does not overwrite what it had sent since', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', 'first');
    alpha.done('push', 'home', 'beta');
    const old = `${alpha.directory}/old`;
    alpha.inNetwork('mkdir', old);
    alpha.inNetwork('sh', '-euc', `cp -a ${alpha.store}/ledger.ndjson ${alpha.store}/remotes.json ${old}`);
    const oldTags = tagsOf(alpha);
    alpha.write('home/main', 'file', 'second');
    alpha.done('push', 'home', 'beta');
    // The old ledger again, with what there was then: as a copy of the whole disk would be.
    const [tag = ''] = (oldTags[0] ?? '').split('@');
    const tags = `${alpha.store}/volumes/home/tags`;
    alpha.inNetwork(
      'sh',
      '-euc',
      `btrfs -q property set ${tags}/*/ ro false; btrfs -q subvolume delete ${tags}/*/; rm -f ${tags}/*; cp ${old}/ledger.ndjson ${alpha.store}`,
    );
    alpha.run(['volume', 'fsck', '--repair']);
    assert.ok(tag !== '');
    alpha.write('home/main', 'file', 'third');
    assert.match(alpha.fails(1, 'push', 'home', 'beta'), /it has diverged/);
    assert.deepEqual(beta.problems(), []);
  });
});

test('case 123: a tag whose name is taken there gets another, and neither is touched', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', 'first');
    alpha.done('volume', 'tag', 'monday@home', 'home/main');
    alpha.done('push', 'home', 'beta');
    beta.done('volume', 'branch', 'alpha+home/mine', 'monday@alpha+home');
    beta.write('alpha+home/mine', 'file', 'of beta');
    beta.done('volume', 'tag', 'tuesday@alpha+home', 'alpha+home/mine');
    alpha.write('home/main', 'file', 'of alpha');
    alpha.done('volume', 'tag', 'tuesday@home', 'home/main');
    const sent = json(alpha.done('push', 'home', 'beta', '--json'));
    assert.match(String(sent['there']), /^tuesday-[0-9a-f]{8}@alpha\+home$/);
    assert.equal(beta.read('tuesday@alpha+home'), 'of beta');
    assert.equal(beta.read(String(sent['there'])), 'of alpha');
  });
});

test('an unchanged branch is not said to be there by another name; once it has changed it goes', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', 'first');
    alpha.done('push', 'home', 'beta');
    const before = [tagsOf(alpha), tagsOf(beta)];
    const said = alpha.fails(1, 'push', 'home', 'beta', '--as', 'spare');
    assert.match(said, /Cannot push home\/spare to beta: it has sent\+\d+ already, as of the branch main/);
    assert.deepEqual([tagsOf(alpha), tagsOf(beta)], before);
    assert.match(alpha.fails(2, 'push', 'home', 'beta', '--as', 'a b'), /"a b"/);
    alpha.write('home/main', 'file', 'second');
    assert.equal(json(alpha.done('push', 'home', 'beta', '--as', 'spare', '--json'))['outcome'], 'sent');
  });
});

test('where the common tag came as an archive, no stream builds on it: what is pushed and fetched goes whole', async () => {
  await withHosts(({ alpha, beta }) => {
    // On the filesystem of the one that sends, btrfs receive would find the parent there.
    const another = (name: string, kind: HostKind): Host => {
      const namespace = `migrate-beta-${process.pid}`;
      const host = new Host({ name, directory: join(beta.directory, name), namespace, kind });
      mkdirSync(host.directory);
      host.createStore();
      return host;
    };
    const [middle, delta] = [another('middle', 'overlay'), another('delta', 'btrfs')];
    alpha.makeBranch('home', 'main', 'first');
    alpha.done('volume', 'tag', 'one@home', 'home/main');
    alpha.done('remote', 'add', 'middle', middle.store);
    alpha.done('remote', 'add', 'beta', beta.store);
    alpha.done('push', 'home', 'middle');
    for (const host of [beta, delta]) {
      host.done('remote', 'add', 'middle', middle.store);
      assert.match(host.done('fetch', 'alpha/home/main', 'middle'), /as tar$/m);
    }
    alpha.write('home/main', 'file', 'second');
    alpha.done('volume', 'tag', 'two@home', 'home/main');
    delta.done('remote', 'add', 'alpha', alpha.store);
    assert.match(delta.done('fetch', 'home/main', 'alpha'), /^Fetched two@alpha\+home, .*, as btrfs$/m);
    assert.equal(delta.read('two@alpha+home'), 'second');
    const sent = json(alpha.done('push', 'home', 'beta', '--json'));
    assert.deepEqual([sent['outcome'], sent['format'], sent['parent']], ['sent', 'btrfs', null]);
    assert.equal(beta.read('two@alpha+home'), 'second');
    assert.deepEqual([beta.problems(), delta.problems()], [[], []]);
  });
});

test('a volume whose name is taken there by another is refused before anything is made', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    beta.done('volume', 'create', 'alpha+home');
    alpha.makeBranch('home', 'main', 'first');
    const said = alpha.fails(1, 'push', 'home', 'beta');
    assert.match(said, /Cannot push home to beta: the volume alpha\+home there is another one/);
    assert.deepEqual([tagsOf(alpha), tagsOf(beta)], [[], []]);
  });
});

test('what a remote goes back to cannot be removed, until the remote is', async () => {
  await withHosts(({ alpha, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', 'first');
    alpha.done('volume', 'tag', 'one@home', 'home/main');
    alpha.done('push', 'home', 'beta');
    assert.match(alpha.fails(2, 'volume', 'destroy', 'one@home'), /held for remote:beta/);
    alpha.write('home/main', 'file', 'second');
    alpha.done('volume', 'tag', 'two@home', 'home/main');
    assert.match(alpha.done('volume', 'gc', 'home', '--keep-last', '1'), /one@home +held for remote:beta/);
    assert.match(alpha.done('remote', 'rm', 'beta'), /no longer kept for it: one@home/);
    alpha.done('volume', 'gc', 'home', '--keep-last', '1');
    assert.deepEqual(tagsOf(alpha), ['two@home']);
  });
});

test('the retention of the receiving store counts the tags of a remote branch as those of one branch', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', '0');
    for (const [index, day] of ['one', 'two', 'three'].entries()) {
      alpha.write('home/main', 'file', String(index));
      alpha.done('volume', 'tag', `${day}@home`, 'home/main');
      alpha.done('push', 'home', 'beta');
    }
    beta.done('volume', 'gc', '--keep-last', '1');
    assert.deepEqual(tagsOf(beta), ['three@alpha+home']);
    alpha.write('home/main', 'file', '4');
    assert.equal(json(alpha.done('push', 'home', 'beta', '--json'))['parent'], 'three');
  });
});

test('what is not there is told in one line', async () => {
  await withHosts(({ alpha, connect }) => {
    connect();
    alpha.makeBranch('home', 'main', 'first');
    alpha.done('volume', 'create', 'home/other');
    assert.match(
      alpha.fails(2, 'push', 'home', 'beta'),
      /which branch of home is meant: it has home\/main, home\/other/,
    );
    assert.match(alpha.fails(2, 'push', 'home/main', 'gamma'), /There is no remote "gamma"/);
    assert.match(alpha.fails(2, 'push', 'nothing', 'beta'), /Cannot find the volume nothing/);
    alpha.done('remote', 'add', 'gone', 'ssh://root@10.123.45.9/store', '--ssh-option', 'ConnectTimeout=1');
    assert.match(alpha.fails(1, 'push', 'home/main', 'gone'), /Cannot reach the other store: .*10\.123\.45\.9/);
    assert.match(alpha.fails(2, 'remote', 'add', 'x', 'ssh://-oProxyCommand=x/y'), /Cannot use .* as a remote/);
  });
});
