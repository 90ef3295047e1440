import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../src/domain/failure.ts';
import type { UnpackOptions } from '../../src/images/job.ts';
import { type Hooks, usualLimits } from '../../src/images/limits.ts';
import { openImageSource } from '../../src/images/open-image-source.ts';
import type { Unpacked } from '../../src/images/unpack-image.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import type { System } from '../../src/system/system.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import { readTree } from '../property/read-tree.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { writeTree } from '../property/write-tree.ts';

export const system = realSystem(['/bin/false']);

/** What is asked of an image, where a test asks for something. */
export type Asked = Partial<UnpackOptions> & Partial<Hooks>;

/** Makes a directory with a tree in it. */
export function makeTree(path: string, tree: TreeNode): string {
  mkdirSync(path);
  usingRoot(path, (files) => writeTree(files, tree));
  return path;
}

/** The tree that lies at a path. */
export function treeAt(path: string): TreeNode {
  return usingRoot(path, readTree);
}

function usingRoot<Result>(path: string, use: (files: ReturnType<typeof openRoot>) => Result): Result {
  const files = openRoot(path);
  try {
    return use(files);
  } finally {
    files.close();
  }
}

/** Unpacks an image into the new directory `into` of a scratch place, where nothing else is left. */
export async function unpack(
  reference: string,
  place: string,
  asked: Asked = {},
  through: System = system,
): Promise<Unpacked> {
  const [into, scratch] = [join(place, 'into'), join(place, 'scratch')];
  for (const directory of [into, scratch]) mkdirSync(directory, { recursive: true });
  const files = openRoot(into);
  const { onProgress = () => undefined, signal = new AbortController().signal, ...options } = asked;
  try {
    const source = await openImageSource(reference, through);
    const usual = { digest: null, signature: null, trustedDirectories: [], limits: usualLimits, scratch };
    return await source.unpack(files, { ...usual, ...options }, { onProgress, signal });
  } finally {
    files.close();
    assert.deepEqual(readdirSync(scratch), [], 'nothing is left of what was fetched');
  }
}

/** Unpacks it, and compares what came of it with a tree. */
export async function assertUnpacksTo(
  reference: string,
  place: string,
  expected: TreeNode,
  asked: Asked = {},
): Promise<Unpacked> {
  const unpacked = await unpack(reference, place, asked);
  assert.deepEqual(describeDifferences(treeAt(join(place, 'into')), expected, new Set()), []);
  return unpacked;
}

/** Checks that an image is refused by this code with this text, and that nothing is left of it. */
export async function assertRefused(
  reference: string,
  place: string,
  code: string,
  text: RegExp,
  asked: Asked = {},
): Promise<void> {
  await assert.rejects(unpack(reference, place, asked), (error) => {
    assert.ok(error instanceof Failure, `${error}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    return true;
  });
  assert.deepEqual(readdirSync(join(place, 'into')), [], 'nothing is left behind');
}
