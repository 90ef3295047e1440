import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isServed } from '../../../src/transfer/served-volumes.ts';
import { withHosts } from '../../transfer-hosts.ts';
import { capture } from './captured.ts';
import { RawClient } from './raw-client.ts';
import { objectOf, withTwoStores } from './two-stores.ts';

test('a key for one volume gets that one and no other out of the store, and into it', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect('--volume', 'alpha+home', '--volume', 'open');
    for (const volume of ['home', 'mail']) alpha.makeBranch(volume, 'main', volume);
    for (const volume of ['open', 'secret']) {
      beta.makeBranch(volume, 'main', volume);
      beta.done('volume', 'tag', `monday@${volume}`, `${volume}/main`);
    }
    alpha.done('push', 'home', 'beta');
    alpha.write('home/main', 'file', 'second');
    alpha.done('push', 'home', 'beta');
    const before = [alpha.objects(), beta.objects()];
    const why = /^migrate: beta refuses: The volume alpha\+mail is none of those that this key is for\n/;
    assert.match(alpha.fails(1, 'push', 'mail', 'beta', '--plan'), why);
    assert.match(alpha.fails(1, 'push', 'mail', 'beta'), why);
    for (const name of ['secret', 'secret/main', 'monday@secret']) {
      assert.match(alpha.fails(2, 'fetch', name, 'beta'), /beta does not have the volume secret/);
    }
    assert.deepEqual([alpha.objects(), beta.objects()], before, 'no tag is made for what is refused');

    alpha.done('fetch', 'beta');
    assert.deepEqual(
      alpha.objects().filter((name) => !before[0]?.includes(name)),
      ['monday@beta+open'],
      'of all volumes those that the key is for are fetched',
    );
    assert.deepEqual([alpha.problems(), beta.problems()], [[], []]);
  });
});

test('a key for the volumes of one host is for those that it makes later too', async () => {
  await withHosts(({ alpha, beta, connect }) => {
    connect('--append-only', '--volume', 'alpha+*');
    beta.makeBranch('alphabet', 'main', 'not of alpha');
    beta.done('volume', 'tag', 'monday@alphabet', 'alphabet/main');
    for (const volume of ['home', 'mail']) {
      alpha.makeBranch(volume, 'main', volume);
      alpha.done('push', volume, 'beta');
    }
    const before = alpha.objects();
    alpha.done('fetch', 'beta');
    assert.deepEqual(alpha.objects(), before);
    assert.equal(beta.objects().filter((name) => name.includes('@alpha+')).length, 2);
  });
});

test('what is of a volume that is not served is not there for whoever knows its uuid, and nothing is built on it', async () => {
  await withTwoStores(['btrfs', 'btrfs'], async (a, b) => {
    await a.must('volume', 'create', 'open');
    await a.must('volume', 'create', 'open/main');
    await a.must('volume', 'tag', 'first@open', 'open/main');
    const [hidden, open] = [objectOf(a, 'monday@db').uuid, objectOf(a, 'first@open').uuid];
    const { request } = await capture(a, 'friday@db', 'btrfs', 'wednesday@db');
    const offered = { ...request, object: { ...request.object, uuid: '0123456789abcdef'.repeat(2) }, origin: null };
    const volume = objectOf(a, 'first@open').volume;
    const asked = [
      { type: 'get', object: hidden, format: 'btrfs', parent: null },
      { type: 'get', object: hidden, format: 'tar', parent: null },
      { type: 'get', object: open, format: 'btrfs', parent: hidden },
      { type: 'put', ...offered },
      { type: 'put', ...offered, volume: { ...request.volume, name: 'open' } },
      { type: 'put', ...offered, volume: { ...request.volume, uuid: volume }, object: { ...offered.object, volume } },
    ];
    const wordsOf = async (options: readonly string[]): Promise<string[]> => {
      const client = await RawClient.greeted(a, options);
      const words: string[] = [];
      for (const one of asked) {
        client.say(one);
        words.push(await client.word());
        // What was asked for is of no use here.
        if (words.at(-1) !== 'sent') continue;
        while ((await client.word()) !== 'end');
      }
      client.child.stdin.end();
      await client.left();
      return words;
    };
    const before = a.state();
    const refused = ['no-object', 'no-object', 'parent-missing', 'denied', 'denied', 'parent-missing'];
    assert.deepEqual(await wordsOf(['--volume', 'open']), refused);
    assert.deepEqual([a.state(), a.problems()], [before, []]);
    assert.deepEqual((await wordsOf([])).slice(0, 4), ['sent', 'sent', 'sent', 'go'], 'else all of it is there');

    const file = join(b.directory, 'web1.pub');
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk6R5C8f0rQpD0Ue9yGzX3hVQm8t7oI6vWJt2m1bq2F web1';
    writeFileSync(file, `${key}\n`);
    const print = ['serve', '--store', b.directory, '--print-key-line', file];
    const { stdout } = await b.run([...print, '--volume', 'web1+*', '--volume', 'web1']);
    const options = "--append-only --volume 'web1+*' --volume web1";
    assert.equal(stdout, `command="migrate serve --store ${b.directory} ${options}",restrict ${key}\n`);
    for (const name of ['../x', '*', 'a*b', '']) {
      const { status, stderr } = await b.run([...print, '--volume', name]);
      assert.deepEqual([status, /Cannot use the name/.test(stderr)], [2, true], stderr);
    }
  });
});

test('a name stands for itself, and one with a star for all that begin so', () => {
  const served = ['web1', 'web2+*'];
  const names = ['web1', 'web1+home', 'web', 'web2', 'web2+', 'web2+home', 'x'];
  assert.deepEqual(
    names.filter((name) => isServed(served, name)),
    ['web1', 'web2+', 'web2+home'],
  );
  assert.deepEqual([isServed(null, 'x'), isServed([], 'x')], [true, false]);
});
