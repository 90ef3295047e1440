import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorCode, Failure, SystemCallError } from '../../src/domain/failure.ts';
import type { Progress } from '../../src/flows/progress.ts';
import { seededRandom } from '../merge/text/random.ts';
import { plainNode } from '../property/attributes.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import { expectedResult } from '../property/oracle.ts';
import { nodeAt, type TreeNode } from '../property/tree-node.ts';
import { timesBelow } from '../property/untouched.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { remountReadOnly, remountWritable } from '../system/remount.ts';
import { Sandbox, timeless } from './sandbox.ts';

const mebibyte = 2 ** 20;

test('case 64: with too little space nothing is written, and the failure says how much is needed', async () => {
  await onSmallDisk((sandbox, mountpoint) => {
    sandbox.renew();
    fillUp(mountpoint, 3 * mebibyte);
    const before = timesBelow(Buffer.from(join(mountpoint, 'new')));
    assert.throws(
      () => sandbox.apply(),
      (error) => error instanceof Failure && error.code === 'no-space' && error.message.includes(`${8 * mebibyte}`),
    );
    assert.deepEqual(timesBelow(Buffer.from(join(mountpoint, 'new'))), before);
    assertRecovers(sandbox, mountpoint);
  });
});

/** The smallest that can be made. */
const disks = [
  { kind: 'ext4', size: '16M' },
  { kind: 'btrfs', size: '128M' },
  { kind: 'xfs', size: '300M' },
] as const;

for (const { phase, disk } of disks.flatMap((disk) => [
  { phase: 'prepare', disk } as const,
  { phase: 'verify', disk } as const,
])) {
  test(`case 64: ${disk.kind} that fills up before ${phase} is done names the path, and is gone on with when there is room`, async () => {
    await onSmallDisk((sandbox, mountpoint) => {
      sandbox.renew();
      const before = timesBelow(Buffer.from(join(sandbox.oursDirectory)));
      const onProgress = fillingUpAt(phase, mountpoint);
      assert.throws(
        () => sandbox.apply({ onProgress }),
        (error) => {
          assert.equal(errorCode(error), 'ENOSPC');
          return error instanceof SystemCallError && error.path.startsWith(join(mountpoint, 'new'));
        },
      );
      assert.equal(sandbox.state(), phase === 'prepare' ? 'begun' : 'prepared');
      assert.deepEqual(timesBelow(Buffer.from(join(sandbox.oursDirectory))), before);
      assertRecovers(sandbox, mountpoint);
    }, disk);
  });
}

test('case 64: a result that turned read-only is named, nothing is changed, and it works when it is writable', async () => {
  await onSmallDisk((sandbox, mountpoint) => {
    sandbox.renew();
    const before = timesBelow(Buffer.from(join(mountpoint, 'new')));
    remountReadOnly(mountpoint);
    assert.throws(
      () => sandbox.apply(),
      (error) =>
        error instanceof SystemCallError && error.code === 'EROFS' && error.path.startsWith(join(mountpoint, 'new')),
    );
    remountWritable(mountpoint);
    assert.deepEqual(timesBelow(Buffer.from(join(mountpoint, 'new'))), before);
    assertRecovers(sandbox, mountpoint);
  });
});

/** A sandbox whose new root alone is on a small disk; 8 MiB are to be carried to it. */
async function onSmallDisk(
  use: (sandbox: Sandbox, mountpoint: string) => void,
  { kind, size }: (typeof disks)[number] = disks[0],
): Promise<void> {
  const directory = mkdtempSync('/dev/shm/migrate-full-');
  try {
    await withFilesystem(kind, (mountpoint) => use(new Sandbox(directory, trees(), mountpoint), mountpoint), { size });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function trees(): { base: TreeNode; ours: TreeNode; theirs: TreeNode } {
  const random = seededRandom(64);
  const base = plainNode(random, 'directory', '');
  base.children.set('etc', plainNode(random, 'directory', ''));
  const [ours, theirs] = [structuredClone(base), structuredClone(base)];
  for (let index = 0; index < 8; index++) {
    const content = String.fromCharCode(97 + index).repeat(mebibyte);
    nodeAt(ours, '/etc')?.children.set(`file ${index}`, plainNode(random, 'file', content));
  }
  nodeAt(theirs, '/etc')?.children.set('new', plainNode(random, 'file', 'new'));
  return { base, ours, theirs };
}

/** Another writer takes all the space, but so much, as soon as a phase says something. */
function fillingUpAt(phase: Progress['phase'], mountpoint: string): (progress: Progress) => void {
  let filled = false;
  return (progress) => {
    if (filled || progress.phase !== phase) return;
    filled = true;
    fillUp(mountpoint, 0);
  };
}

function fillUp(mountpoint: string, leave: number): void {
  const descriptor = openSync(join(mountpoint, 'filler'), 'w');
  try {
    const { bavail, bsize } = statfsSync(mountpoint);
    writeUntilFull(descriptor, leave === 0 ? Number.POSITIVE_INFINITY : bavail * bsize - leave);
  } finally {
    closeSync(descriptor);
  }
}

function writeUntilFull(descriptor: number, most: number): void {
  for (const size of [2 ** 16, 1]) {
    const block = Buffer.alloc(size, 'x');
    try {
      for (let written = 0; written < most; ) written += writeSync(descriptor, block);
      return;
    } catch (error) {
      if (errorCode(error) !== 'ENOSPC') throw error;
    }
  }
}

/** With room again the same command ends as if nothing had happened. */
function assertRecovers(sandbox: Sandbox, mountpoint: string): void {
  rmSync(join(mountpoint, 'filler'), { force: true });
  assert.equal(sandbox.apply().status, 'done');
  const { base, ours, theirs } = trees();
  const actual = sandbox.read();
  actual.children.delete('var');
  assert.deepEqual(describeDifferences(actual, expectedResult(base, ours, theirs).tree, timeless), []);
}
