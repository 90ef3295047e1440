import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkStore } from '../../src/store/fsck.ts';
import { displayObject } from '../../src/store/ledger-state.ts';
import { changeStore, readStore, type StorePlace } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { System } from '../../src/system/system.ts';
import { type Ended, runCaptured } from '../cli/run-captured.ts';
import { timesBelow } from '../property/untouched.ts';
import { storeKinds } from './store-kinds.ts';

const real = realSystem(['/bin/false']);

/** Stores on one filesystem, one after the other, each with volumes and with things that are somebody else's. */
export class StoreSandbox {
  readonly #mountpoint: string;
  readonly #backend: string;
  #count = 0;
  #foreign: readonly string[] = [];

  constructor(mountpoint: string, backend: string) {
    this.#mountpoint = mountpoint;
    this.#backend = backend;
  }

  get directory(): string {
    return join(this.#mountpoint, `store-${this.#count}`);
  }

  get place(): StorePlace {
    return this.placeWith(real);
  }

  placeWith(system: System): StorePlace {
    const kinds = new Map<string, Awaited<ReturnType<(typeof storeKinds)[number]['load']>>>();
    for (const [name, kind] of loaded) kinds.set(name, kind);
    return { system, directory: this.directory, findKind: (name) => kinds.get(name) ?? null };
  }

  /** An empty store in a new directory. */
  async renewEmpty(): Promise<void> {
    this.#count += 1;
    mkdirSync(this.directory);
    await this.must('store', 'create', this.directory, '--backend', this.#backend, '--host', 'here');
  }

  /**
   * A store with a volume `db`: branch `main`, tags `monday` (held, with branch `try` made of it), `tuesday`,
   * `wednesday` and `friday`; an empty volume `empty`; and what somebody else has laid in the places of objects.
   */
  async renew(): Promise<void> {
    await this.renewEmpty();
    await this.must('volume', 'create', 'db');
    await this.must('volume', 'create', 'empty', '--class', 'state');
    await this.must('volume', 'create', 'db/main');
    this.write('db/main', 'file', 'first');
    for (const tag of ['monday', 'tuesday', 'wednesday', 'friday']) {
      await this.must('volume', 'tag', `${tag}@db`, 'db/main');
      this.write('db/main', 'file', `after ${tag}`);
    }
    await this.must('volume', 'hold', 'monday@db');
    await this.must('volume', 'branch', 'db/try', 'monday@db');
    this.layForeign();
  }

  /** Runs the program, as a person would, with this system. */
  async run(words: readonly string[], system: System = real): Promise<Ended> {
    return await runCaptured([...words, ...this.#storeOption(words)], { system, storeKinds });
  }

  /** The same where nothing may go wrong. */
  async must(...words: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(words);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, words.join(' '));
    return stdout;
  }

  /** Changes a file of a branch. */
  write(name: string, file: string, content: string): void {
    this.withContent(name, true, (directory) => writeFileSync(join(directory, file), content));
  }

  /** A file of a branch or tag. */
  read(name: string, file: string): string {
    return this.withContent(name, false, (directory) => readFileSync(join(directory, file), 'utf8'));
  }

  withContent<Result>(name: string, writable: boolean, use: (directory: string) => Result): Result {
    return readStore(this.place, ({ backend, state }) => {
      const known = state.objects.values().find(({ record }) => displayObject(state, record) === name);
      assert.ok(known !== undefined, name);
      const volume = state.volumes.get(known.record.volume)?.record.name ?? '';
      return backend.withContent({ volume, kind: known.record.kind, name: known.record.name }, { writable }, use);
    });
  }

  /** All that the ledger has: volumes, branches and tags with their holds. */
  state(): string[] {
    return readStore(this.place, stateOf);
  }

  /** Opens the store for a change, and says what then is not as it should be; `others` are foreign too. */
  problems(others: readonly string[] = []): string[] {
    changeStore(this.place, () => undefined);
    const { findings } = checkStore(this.place);
    const errors = findings.filter(({ severity }) => severity === 'error');
    const foreign = findings.filter(({ kind }) => kind === 'foreign' || kind === 'copied').map(({ what }) => what);
    return [
      ...errors.map(({ kind, what, detail }) => `${kind}: ${what}: ${detail}`),
      ...(foreign.sort().join() === [...foreignNames, ...others].sort().join() ? [] : [`foreign: ${foreign.join()}`]),
      ...(this.#foreignNow().join('\n') === this.#foreign.join('\n') ? [] : ["what is somebody else's was touched"]),
    ];
  }

  /** Lays things of somebody else in the places of objects. */
  layForeign(): void {
    const branches = join(this.directory, 'volumes/db/branches');
    const own = join(branches, 'theirs');
    if (this.#backend === 'btrfs') execFileSync('btrfs', ['-q', 'subvolume', 'create', own]);
    else mkdirSync(own);
    writeFileSync(join(own, 'precious'), 'data');
    mkdirSync(join(branches, 'directory'));
    writeFileSync(join(branches, 'directory/precious'), 'data');
    writeFileSync(join(this.directory, 'volumes/db/tags/stray'), 'data');
    this.#foreign = this.#foreignNow();
  }

  #foreignNow(): string[] {
    const paths = ['branches/theirs', 'branches/directory', 'tags/stray'].map((name) =>
      join(this.directory, 'volumes/db', name),
    );
    return paths.flatMap((path) => (existsSync(path) ? timesBelow(Buffer.from(path)) : [`${path} is gone`]));
  }

  #storeOption(words: readonly string[]): string[] {
    const takesOne = words[0] === 'volume' && words[1] !== 'umount' && !words.includes('--store');
    return takesOne ? ['--store', this.directory] : [];
  }
}

/** What `fsck` calls the things of somebody else. */
const foreignNames = ['db/directory', 'db/theirs', 'stray@db'];

const loaded = await Promise.all(storeKinds.map(async ({ name, load }) => [name, await load()] as const));

function stateOf({ state }: Store): string[] {
  const volumes = [...state.volumes.values()].map(({ record }) => `${record.class} ${record.name}`);
  const objects = [...state.objects.values()].map(({ record }) => {
    const holds = record.holds.length === 0 ? '' : ` held for ${record.holds.join()}`;
    return `${record.kind} ${displayObject(state, record)}${holds}`;
  });
  return [...volumes, ...objects].sort();
}
