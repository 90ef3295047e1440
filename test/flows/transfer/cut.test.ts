import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from '../../cli/run-migrate.ts';
import { type Host, type HostKind, type Hosts, withHosts } from '../../transfer-hosts.ts';

const large = 96 * 2 ** 20;

/** Waits until a tag is being received, and part of it has come. */
async function untilReceiving(host: Host): Promise<void> {
  for (let tries = 0; tries < 12_000; tries++) {
    if (host.look(({ state }) => state.intents.size > 0)) return;
    await sleep(5);
  }
  throw new Error(`${host.name} received nothing`);
}

async function untilIdle(host: Host): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (servers(host).length === 0) return;
    await sleep(100);
  }
  throw new Error(`${host.name} still serves`);
}

/** The processes that serve the store of a host. */
function servers(host: Host): number[] {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, command = ''] = /^\s*(\d+) (.*)$/.exec(line) ?? [];
    return command.startsWith(`${program.join(' ')} serve `) && command.includes(host.store) ? [Number(pid)] : [];
  });
}

type Cut = {
  readonly name: string;
  readonly cut: (hosts: Hosts, push: ReturnType<Host['start']>) => void;
  /** What the person who pushes is told; null where there is nobody left to tell. */
  readonly said: RegExp | null;
};

const cuts: readonly Cut[] = [
  { name: 'the link goes down', cut: ({ cutLink }) => cutLink(), said: /The connection to the other store is lost: / },
  { name: 'the sender is killed', cut: (_, push) => void push.process.kill('SIGKILL'), said: null },
  {
    name: 'the receiver is killed',
    cut: ({ beta }) => {
      for (const pid of servers(beta)) process.kill(pid, 'SIGKILL');
    },
    said: /The connection to the other store is lost: /,
  },
  {
    name: 'the sender is interrupted',
    cut: (_, push) => void push.process.kill('SIGINT'),
    said: /Interrupted by SIGINT/,
  },
];

const kinds: readonly (readonly [HostKind, HostKind])[] = [
  ['btrfs', 'btrfs'],
  ['overlay', 'overlay'],
];

for (const [from, to] of kinds) {
  test(`case 122: from ${from} to ${to} a push that is cut leaves nothing, and can be repeated`, async () => {
    await withHosts(
      async (hosts) => {
        const { alpha, beta, connect, slowLink, mendLink } = hosts;
        connect();
        slowLink();
        alpha.makeBranch('home', 'main', 'first');
        const free = beta.look(({ files }) => files.space().bytes);
        alpha.write('home/main', 'large', randomBytes(large));
        for (const { name, cut, said } of cuts) {
          const push = alpha.start('push', 'home', 'beta');
          await untilReceiving(beta);
          cut(hosts, push);
          const { status, stderr } = await push.ended;
          assert.notEqual(status, 0, name);
          if (said !== null) assert.match(stderr, said, name);
          await untilIdle(beta);
          mendLink();
          // The next change of the store clears away what a process that was killed could not.
          beta.done('volume', 'create', `after-${beta.look(({ nextLine }) => nextLine)}`);
          assert.deepEqual(beta.objects(), [], name);
          assert.deepEqual(beta.problems(), [], name);
          assert.deepEqual(alpha.problems(), [], name);
        }
        beta.inNetwork('sync');
        alpha.done('push', 'home', 'beta');
        const [tag = ''] = beta.objects();
        assert.match(tag, /^sent\+\d+@alpha\+home$/);
        assert.equal(beta.objects().length, 1);
        assert.equal(
          beta.withContent(tag, false, (directory) => sizeOf(`${directory}/large`)),
          large,
        );
        assert.ok(free - beta.look(({ files }) => files.space().bytes) < 2 * large, 'it takes the room of one');
        assert.deepEqual(beta.problems(), []);
      },
      { alpha: from, beta: to },
    );
  });
}

test('case 122: a fetch that is cut leaves nothing here, and can be repeated', async () => {
  await withHosts(async ({ alpha, beta, connect, slowLink, cutLink, mendLink }) => {
    connect('--read-only');
    slowLink();
    beta.makeBranch('home', 'main', 'first');
    beta.write('home/main', 'large', randomBytes(large));
    beta.done('volume', 'tag', 'one@home', 'home/main');
    const fetch = alpha.start('fetch', 'home/main', 'beta');
    await untilReceiving(alpha);
    cutLink();
    const { status, stderr } = await fetch.ended;
    assert.equal(status, 1);
    assert.match(stderr, /The connection to the other store is lost: /);
    assert.deepEqual([alpha.objects(), alpha.problems()], [[], []]);
    mendLink();
    await untilIdle(beta);
    alpha.done('fetch', 'home/main', 'beta');
    assert.deepEqual(alpha.objects(), ['one@beta+home']);
  });
});

test('a receiver that is full says so, and has the room again', async () => {
  await withHosts(
    ({ alpha, beta, connect }) => {
      connect();
      alpha.makeBranch('home', 'main', 'first');
      alpha.done('push', 'home', 'beta');
      alpha.write('home/main', 'large', randomBytes(250 * 2 ** 20));
      assert.match(alpha.fails(1, 'push', 'home', 'beta'), /beta refuses: .*no space is left/);
      assert.equal(beta.objects().length, 1);
      assert.deepEqual([alpha.problems(), beta.problems()], [[], []]);
      alpha.write('home/main', 'large', 'small');
      alpha.done('push', 'home', 'beta');
      assert.equal(beta.objects().length, 2);
    },
    { size: '200M' },
  );
});

function sizeOf(file: string): number {
  return Number(execFileSync('stat', ['-c', '%s', file], { encoding: 'utf8' }));
}
