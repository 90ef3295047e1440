import { bytesOfText, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { childOf, nameOf, parentOf } from '../domain/path.ts';
import type { System } from '../system/system.ts';
import { copyTree } from './copy-tree.ts';
import { refused } from './image-failure.ts';
import type { ImageFile } from './image-file.ts';
import type { Done, Job } from './job.ts';
import { CheckedStream } from './trust/checked-stream.ts';
import { Expectation, type Verified } from './trust/expectation.ts';

/**
 * Copies what is in a file with a squashfs or erofs, mounted read-only: the kernel reads all of its attributes, which
 * unsquashfs and fsck.erofs do in newer versions only. The kernel is given nothing unchecked, and nothing that may still
 * change: what is mounted is a copy, which shares its blocks where the filesystem can.
 */
export function unpackFilesystem(file: ImageFile, kind: 'squashfs' | 'erofs', job: Job): Promise<Done> {
  const { system, meter, options } = job;
  const expectation = Expectation.open(options, system, textOrBytes(file.path));
  meter.needSpace(file.size);
  return system.streams.withDirectory(options.scratch, async (scratch) => {
    const copy = `${scratch}/image`;
    copyFile(file, scratch, system);
    const verified = await check(copy, expectation, file.size, job);
    const leftOut = await withMount(copy, kind, `${scratch}/root`, job);
    job.writer.finish();
    return { ...verified, leftOut };
  });
}

function copyFile({ path }: ImageFile, scratch: string, system: System): void {
  const [from, to] = [system.openRoot(parentOf(path)), system.openRoot(bytesOfText(scratch))];
  try {
    to.copyFrom('/image', from, childOf('/', nameOf(path)), { flags: 0 });
    to.makeDirectory('/root');
  } finally {
    from.close();
    to.close();
  }
}

async function check(copy: string, expectation: Expectation, size: number, { system, meter }: Job): Promise<Verified> {
  meter.begin('check', size);
  const bytes = system.streams.read(bytesOfText(copy));
  const checked = new CheckedStream(bytes, expectation, (count) => meter.addRead(count, 'check'));
  try {
    return await checked.finish();
  } finally {
    await checked.close();
  }
}

async function withMount(copy: string, kind: string, directory: string, job: Job): ReturnType<typeof copyTree> {
  const { system, meter } = job;
  mount(copy, kind, directory, system);
  try {
    const from = system.openRoot(bytesOfText(directory));
    try {
      meter.begin('unpack', null);
      return await copyTree(from, job);
    } finally {
      from.close();
    }
  } finally {
    system.mounts.unmount(directory);
  }
}

function mount(copy: string, kind: string, directory: string, { commands }: System): void {
  try {
    commands.run('mount', ['-t', kind, '-o', 'loop,ro,nodev,nosuid,noexec', copy, directory]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw refused('image-damaged', `it cannot be mounted: ${error.message}`, {
      cause: error,
      advice: `The running kernel has to know ${kind} (modprobe ${kind}), and the file to be whole`,
    });
  }
}
