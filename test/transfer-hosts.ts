import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zfsBackend } from '../src/storage/zfs/backend.ts';
import { displayObject, placeOf } from '../src/store/ledger-state.ts';
import { readStore, type StorePlace } from '../src/store/open-store.ts';
import type { Store } from '../src/store/store.ts';
import { realSystem } from '../src/system/real-system.ts';
import { type Ended, program } from './cli/run-migrate.ts';
import { storeKinds } from './store/store-kinds.ts';
import { type FilesystemKind, withFilesystem } from './system/loop-filesystem.ts';

/** The kinds of storage of tests, each with a filesystem that it works on; those of ZFS are for a guest. */
const filesystemOf = { btrfs: 'btrfs', overlay: 'ext4', zfs: 'ext4' } as const satisfies Readonly<
  Record<string, FilesystemKind>
>;
export type HostKind = keyof typeof filesystemOf;

/** A machine with a network of its own and a store on a filesystem of its own. */
export class Host {
  readonly name: string;
  /** Its own filesystem; the store lies in `store` of it. */
  readonly directory: string;
  readonly #namespace: string;
  readonly #kind: HostKind;

  constructor(facts: { name: string; directory: string; namespace: string; kind: HostKind }) {
    this.name = facts.name;
    this.directory = facts.directory;
    this.#namespace = facts.namespace;
    this.#kind = facts.kind;
  }

  get store(): string {
    return join(this.directory, 'store');
  }

  createStore(): void {
    mkdirSync(this.store);
    // Whoever tests ZFS has made it.
    const pool = this.#kind === 'zfs' ? ['--pool', `tank/${this.name}`] : [];
    this.done('store', 'create', this.store, '--backend', this.#kind, '--host', this.name, ...pool);
  }

  /** Runs the program on the store. */
  run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Ended {
    const { command, args: words, options } = this.#program(args, environment);
    const { status, stdout, stderr } = spawnSync(command, words, { ...options, encoding: 'utf8', timeout: 240_000 });
    return { status, stdout, stderr };
  }

  /** Runs it where nothing may go wrong. */
  done(...args: readonly string[]): string {
    const { status, stdout, stderr } = this.run(args);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, `${this.name}: ${args.join(' ')}`);
    return stdout;
  }

  /** Runs it where it is to end so, and returns what it says of that. */
  fails(status: number, ...args: readonly string[]): string {
    const ended = this.run(args);
    assert.equal(ended.status, status, `${this.name}: ${args.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stderr;
  }

  /** Starts it, to be met while it runs. */
  start(...args: readonly string[]): { readonly process: ChildProcess; readonly ended: Promise<Ended> } {
    const { command, args: words, options } = this.#program(args, {});
    const child = spawn(command, words, options);
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (piece: Buffer) => {
      stdout += piece.toString();
    });
    child.stderr?.on('data', (piece: Buffer) => {
      stderr += piece.toString();
    });
    const ended = once(child, 'close').then(([status]: (number | null)[]) => ({
      ...{ status: status ?? null, stdout, stderr },
    }));
    return { process: child, ended };
  }

  /** Runs any program on the host's network. */
  inNetwork(command: string, ...args: readonly string[]): string {
    return execFileSync('nsenter', [`--net=/run/netns/${this.#namespace}`, command, ...args], { encoding: 'utf8' });
  }

  startInNetwork(command: string, ...args: readonly string[]): ChildProcess {
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    return spawn('nsenter', [`--net=/run/netns/${this.#namespace}`, command, ...args], { stdio: [...stdio] });
  }

  /** A volume with a branch that holds a file. */
  makeBranch(volume: string, branch: string, content: string): void {
    this.done('volume', 'create', volume);
    this.done('volume', 'create', `${volume}/${branch}`);
    this.write(`${volume}/${branch}`, 'file', content);
  }

  write(name: string, file: string, content: string | Buffer): void {
    this.withContent(name, true, (directory) => writeFileSync(join(directory, file), content));
  }

  read(name: string, file = 'file'): string {
    return this.withContent(name, false, (directory) => readFileSync(join(directory, file), 'utf8'));
  }

  withContent<Result>(name: string, writable: boolean, use: (directory: string) => Result): Result {
    return readStore(this.#place(), (store) => {
      const known = store.state.objects.values().find(({ record }) => displayObject(store.state, record) === name);
      assert.ok(known !== undefined, `${this.name} has no ${name}`);
      return store.backend.withContent(placeOf(store.state, known.record), { writable }, use);
    });
  }

  /** All branches and tags, by name, with who holds them. */
  objects(): string[] {
    return this.look(({ state }) =>
      [...state.objects.values()].map(({ record }) => [displayObject(state, record), ...record.holds].join(' ')),
    );
  }

  look<Result>(use: (store: Store) => Result): Result {
    return readStore(this.#place(), use);
  }

  /** What fsck finds. */
  problems(): string[] {
    const { stdout } = this.run(['volume', 'fsck', '--json']);
    const { findings } = JSON.parse(stdout) as { findings: readonly { what: string; detail: string }[] };
    return findings.map(({ what, detail }) => `${what}: ${detail}`);
  }

  #place(): StorePlace {
    const system = realSystem(['/bin/false']);
    return { system, directory: this.store, findKind: (name) => kinds.get(name) ?? null };
  }

  #program(args: readonly string[], environment: Readonly<Record<string, string>>) {
    const own = { PATH: process.env['PATH'], HOME: this.directory, MIGRATE_STORE: this.store };
    const env = { ...own, ...compileCache, ...environment };
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    return {
      command: 'nsenter',
      args: [`--net=/run/netns/${this.#namespace}`, ...program, ...args],
      options: { cwd: '/', env, stdio },
    };
  }
}

const loaded = await Promise.all(storeKinds.map(({ load }) => load()));
const kinds = new Map([...loaded, zfsBackend].map((kind) => [kind.name, kind]));

/** Where Node keeps what it has compiled, if anywhere: in a guest a start takes many times longer without. */
const compiled = process.env['NODE_COMPILE_CACHE'];
const compileCache: Readonly<Record<string, string>> = compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled };

/** Two hosts on one cable; ssh goes from `alpha` to `beta`. */
export type Hosts = {
  readonly alpha: Host;
  readonly beta: Host;
  /** Adds beta's store to alpha as the remote `beta`, by a key that may do nothing but what its line says. */
  readonly connect: (...serveOptions: readonly string[]) => void;
  /** A key for all that ssh can do, and the options of ssh with it. */
  readonly freeKey: () => readonly string[];
  /** The options of ssh with which the forced command is asked for. */
  readonly forcedKey: () => readonly string[];
  /** From now on what is sent takes long enough to be seen under way: 200 Mbit/s, both ways. */
  readonly slowLink: () => void;
  readonly cutLink: () => void;
  readonly mendLink: () => void;
};

const slow = ['qdisc', 'add', 'dev', 'cable', 'root', 'tbf', 'rate', '200mbit', 'burst', '256k', 'latency', '100ms'];

const address = { alpha: '10.123.45.1', beta: '10.123.45.2' };

/** Runs the body with two hosts, whose processes and networks end with it. */
export async function withHosts(
  body: (hosts: Hosts) => void | Promise<void>,
  { alpha = 'btrfs', beta = 'btrfs', size = '512M' }: { alpha?: HostKind; beta?: HostKind; size?: string } = {},
): Promise<void> {
  await withFilesystem(filesystemOf[alpha], (one) =>
    withFilesystem(
      filesystemOf[beta],
      (two) =>
        withNetwork(async (namespaces) => {
          const hosts = {
            alpha: new Host({ name: 'alpha', directory: one, namespace: namespaces.alpha, kind: alpha }),
            beta: new Host({ name: 'beta', directory: two, namespace: namespaces.beta, kind: beta }),
          };
          hosts.alpha.createStore();
          hosts.beta.createStore();
          await withSshd(hosts, body);
        }),
      { size },
    ),
  );
}

async function withNetwork(use: (namespaces: { alpha: string; beta: string }) => Promise<void>): Promise<void> {
  const ip = (...args: readonly string[]): void => void execFileSync('ip', args);
  const namespaces = { alpha: `migrate-alpha-${process.pid}`, beta: `migrate-beta-${process.pid}` };
  const made: string[] = [];
  try {
    for (const namespace of Object.values(namespaces)) {
      ip('netns', 'add', namespace);
      made.push(namespace);
    }
    ip('link', 'add', 'cable', 'netns', namespaces.alpha, 'type', 'veth', 'peer', 'cable', 'netns', namespaces.beta);
    for (const side of ['alpha', 'beta'] as const) {
      ip('-n', namespaces[side], 'address', 'add', `${address[side]}/24`, 'dev', 'cable');
      ip('-n', namespaces[side], 'link', 'set', 'lo', 'up');
      ip('-n', namespaces[side], 'link', 'set', 'cable', 'up');
    }
    await use(namespaces);
  } finally {
    for (const namespace of made) ip('netns', 'del', namespace);
  }
}

async function withSshd(
  { alpha, beta }: Pick<Hosts, 'alpha' | 'beta'>,
  body: (hosts: Hosts) => void | Promise<void>,
): Promise<void> {
  mkdirSync('/run/sshd', { recursive: true });
  const keys = { host: join(beta.directory, 'host-key'), authorized: join(beta.directory, 'authorized-keys') };
  const makeKey = (file: string): void =>
    void execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]);
  makeKey(keys.host);
  const [forced, free] = [join(alpha.directory, 'forced-key'), join(alpha.directory, 'free-key')];
  for (const key of [forced, free]) makeKey(key);
  writeFileSync(keys.authorized, '');
  const known = join(alpha.directory, 'known-hosts');
  writeFileSync(known, `${address.beta} ${readFileSync(`${keys.host}.pub`, 'utf8')}`);
  const sshOptions = [`UserKnownHostsFile=${known}`, 'ServerAliveInterval=1', 'ServerAliveCountMax=3'];
  const authorize = (line: string): void => {
    writeFileSync(keys.authorized, `${readFileSync(keys.authorized, 'utf8')}${line.trim()}\n`);
  };
  const withKey = (key: string): string[] => ['-i', key, ...sshOptions.flatMap((one) => ['-o', one])];
  const sshd = await startSshd(beta, keys);
  try {
    await body({
      ...{ alpha, beta },
      connect(...serveOptions) {
        authorize(beta.done('serve', '--print-key-line', `${forced}.pub`, ...serveOptions));
        const options = sshOptions.flatMap((one) => ['--ssh-option', one]);
        const url = `ssh://root@${address.beta}${beta.store}`;
        alpha.done('remote', 'add', 'beta', url, '--identity', forced, ...options);
      },
      freeKey() {
        authorize(readFileSync(`${free}.pub`, 'utf8'));
        return [...withKey(free), `root@${address.beta}`];
      },
      forcedKey: () => [...withKey(forced), `root@${address.beta}`],
      slowLink: () => {
        for (const side of ['alpha', 'beta']) execFileSync('tc', ['-n', `migrate-${side}-${process.pid}`, ...slow]);
      },
      cutLink: () => execFileSync('ip', ['-n', `migrate-beta-${process.pid}`, 'link', 'set', 'cable', 'down']),
      mendLink: () => execFileSync('ip', ['-n', `migrate-beta-${process.pid}`, 'link', 'set', 'cable', 'up']),
    });
  } finally {
    sshd.kill('SIGTERM');
    if (sshd.exitCode === null) await once(sshd, 'close');
    // What it has started for a connection holds files of the host until it has noticed.
    await sessionsEnded(beta);
  }
}

async function startSshd(
  host: Host,
  keys: { readonly host: string; readonly authorized: string },
): Promise<ChildProcess> {
  const config = join(host.directory, 'sshd-config');
  const variables = { PATH: `${directoryOfProgram(host)}:${process.env['PATH'] ?? ''}`, ...compileCache };
  const lines = [
    ...['Port 22', `ListenAddress ${address.beta}`, `HostKey ${keys.host}`, `AuthorizedKeysFile ${keys.authorized}`],
    ...['PermitRootLogin prohibit-password', 'PasswordAuthentication no', 'UsePAM no', 'StrictModes no'],
    ...['PidFile none', 'Subsystem sftp internal-sftp', 'ClientAliveInterval 1', 'ClientAliveCountMax 3'],
    `SetEnv ${Object.entries(variables)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const sshd = host.startInNetwork('/usr/sbin/sshd', '-D', '-e', '-f', config);
  let said = '';
  sshd.stderr?.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  for (let tries = 0; !said.includes('listening'); tries++) {
    if (tries === 100 || sshd.exitCode !== null) throw new Error(`sshd did not start: ${said}`);
    await sleep(50);
  }
  return sshd;
}

/** A directory with the program under its own name, as a host has it on its PATH. */
function directoryOfProgram(host: Host): string {
  const directory = join(host.directory, 'bin');
  mkdirSync(directory);
  writeFileSync(join(directory, 'migrate'), `#!/bin/sh\nexec ${program.join(' ')} "$@"\n`, { mode: 0o755 });
  return directory;
}

async function sessionsEnded(host: Host): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (host.inNetwork('ss', '-Htn', 'state', 'established').trim() === '') return;
    await sleep(100);
  }
  throw new Error(`there are connections left: ${host.inNetwork('ss', '-Htnp')}`);
}
