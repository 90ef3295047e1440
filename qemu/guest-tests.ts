import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { playBoot } from './boot.ts';
import type { Built } from './cache.ts';
import { command } from './command.ts';
import { type Emulator, findEmulator } from './emulator.ts';
import { bootFailures } from './expect.ts';
import { commonWords } from './gather.ts';
import { guestRootDisk, projectDisk } from './guest-disks.ts';
import { debianWith, type Image, kernelFile } from './images.ts';
import { initramfsOf } from './initramfs.ts';
import { quoted } from './mounted.ts';
import type { Boot } from './scenario.ts';
import { readTap } from './tap.ts';

/** Tests of the project that need what the kernel of this machine lacks. They run in a Debian 13 of their own. */
export type GuestTests = {
  readonly name: string;
  /** One sentence. */
  readonly promise: string;
  /** Numbers of the cases that they show. */
  readonly cases?: readonly number[];
  /** Debian packages besides those of every image, of contrib too; at least one. */
  readonly packages: readonly [string, ...string[]];
  /** Builds whose files are copied over the root, such as kernel modules. */
  readonly trees?: (image: Image) => Promise<readonly Built[]>;
  /** Files of tests, from the top of the project. */
  readonly tests: readonly [string, ...string[]];
  /** What is set up in the guest before, a line for sh. */
  readonly setUp?: string;
  /** Only those of these names, an expression as node's --test-name-pattern takes it. */
  readonly only?: string;
  /** What the tests are told, such as how many random trees. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the guest finds as /dev/disk/by-id/virtio-pool: an empty disk of that size, as truncate(1) writes it. */
  readonly poolSize: string;
  readonly limitSeconds: number;
  /** Left out of `npm test`. */
  readonly fullOnly?: true;
};

type Guest = {
  readonly emulator: Emulator;
  readonly image: Image;
  readonly initramfs: Built;
  readonly root: Built;
  readonly project: Built;
};

/** Everything that the guest is made of, built and in the cache. */
export async function gatherGuest({ packages, trees }: GuestTests): Promise<Guest> {
  const [emulator, image] = await Promise.all([findEmulator(), debianWith('trixie', packages)]);
  const initramfs = await initramfsOf(image, 'plain');
  const root = await guestRootDisk(image, await (trees?.(image) ?? []));
  return { emulator, image, initramfs, root, project: await projectDisk() };
}

/**
 * Boots the guest, runs the tests there one file after the other, and returns what is wrong: nothing where every test
 * ran and passed. Disks lie in `disks` of the directory; the report is `tests.tap` in it, beside what the console showed.
 */
export async function runTestsInGuest(
  request: GuestTests,
  { emulator, image, initramfs, root, project }: Guest,
  directory: string,
): Promise<readonly string[]> {
  const disks = join(directory, 'disks');
  const files = { root: join(disks, 'root.img'), pool: join(disks, 'pool.img') };
  await command('cp', ['--reflink=auto', '--sparse=always', root.path, files.root]);
  await command('truncate', ['--size', request.poolSize, files.pool]);
  const question = commandOf(request);
  const boot: Boot = {
    entry: 'tests',
    ends: 'report',
    limitSeconds: request.limitSeconds,
    report: { [question]: /^/ },
  };
  // The console is for what the tests say.
  const cmdline = [...commonWords, 'systemd.mask=serial-getty@ttyS0.service', 'panic=5', 'root=LABEL=ROOT rw'].join(
    ' ',
  );
  const result = await playBoot({
    boot,
    number: 1,
    material: { emulator },
    entry: { kernel: kernelFile(image), initrds: [initramfs.path], cmdline },
    disks: [
      { name: 'root', file: files.root },
      // Guests that run side by side share it.
      { name: 'project', file: project.path, readOnly: true },
      { name: 'pool', file: files.pool },
    ],
    grubDisk: null,
    directory,
  });
  const failures = bootFailures(boot, result);
  if (result.report === null) return failures;
  const tap = result.report.get(question)?.output ?? '';
  await writeFile(join(directory, 'tests.tap'), tap);
  return [...failures, ...readTap(tap).failures];
}

/**
 * Also on the console, so that one can follow it. Temporary files lie on the disk: /tmp is in the guest's memory. Under
 * emulation compiling takes as long as a short test, and each file of tests is a process.
 */
function commandOf({ tests, only, environment, setUp }: GuestTests): string {
  const settings = { ...environment, TMPDIR: '/var/tmp', NODE_COMPILE_CACHE: '/var/tmp/compiled' };
  const variables = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`);
  const options = [
    ...['--test', '--test-concurrency=1', '--test-reporter=tap'],
    ...(only === undefined ? [] : [`--test-name-pattern=${quoted(only)}`]),
  ];
  return [
    ...(setUp === undefined ? [] : [setUp]),
    'mount -o ro LABEL=PROJECT /mnt',
    'cd /mnt',
    'export PATH=/mnt/node_modules/.bin:$PATH',
    `${[...variables, 'node', ...options, ...tests].join(' ')} 2>&1 | tee /dev/ttyS0`,
  ].join(' && ');
}
