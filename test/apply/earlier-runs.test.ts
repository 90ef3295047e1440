import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { seededRandom } from '../merge/text/random.ts';
import { plainNode } from '../property/attributes.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { Sandbox } from './sandbox.ts';

/** What a boot asks for on storage that lets an unfinished run be gone on with, and on storage that does not. */
const onPartition = { boot: { version: 'v2', resumes: true } } as const;
const onBtrfs = { boot: { version: 'v2', resumes: false } } as const;

function tree(content: string): TreeNode {
  const random = seededRandom(1);
  const root = plainNode(random, 'directory', '');
  root.children.set('a', plainNode(random, 'file', content));
  return root;
}

/** A sandbox whose run was cut off after everything was prepared. */
async function prepared(use: (sandbox: Sandbox) => void): Promise<void> {
  await withFilesystem('ext4', (mountpoint) => {
    const sandbox = new Sandbox(mountpoint, { base: tree('a'), ours: tree('b'), theirs: tree('a') });
    sandbox.renew();
    sandbox.cutWhenPrepared(onPartition);
    assert.equal(sandbox.state(), 'prepared');
    use(sandbox);
  });
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Failure && error.code === code;
}

test('case 65: at boot an interrupted run is gone on with where nothing was changed since', () =>
  prepared((sandbox) => {
    assert.equal(sandbox.apply(onPartition).status, 'done');
    assert.equal(sandbox.apply(onPartition).status, 'already-done');
  }));

test('case 69: at boot an interrupted run is refused when the old system ran and changed since', () =>
  prepared((sandbox) => {
    writeFileSync(join(sandbox.oursDirectory, 'new'), 'edited since');
    assert.throws(() => sandbox.apply(onPartition), hasCode('stale-run'));
  }));

test('case 69: at boot a result that was committed before the old system ran on is refused', () =>
  prepared((sandbox) => {
    sandbox.apply(onPartition);
    writeFileSync(join(sandbox.oursDirectory, 'new'), 'edited since');
    assert.throws(() => sandbox.apply(onPartition), hasCode('stale-run'));
  }));

test('at boot a run for another version is refused', () =>
  prepared((sandbox) => {
    assert.throws(() => sandbox.apply({ boot: { version: 'v3', resumes: true } }), hasCode('stale-run'));
  }));

test('case 69: by hand an interrupted run is gone on with, and names what was changed since and is not carried', () =>
  prepared((sandbox) => {
    writeFileSync(join(sandbox.oursDirectory, 'new'), 'edited since');
    const applied = sandbox.apply();
    assert.equal(applied.status, 'done');
    assert.ok(applied.status === 'done' && applied.outcome.notes.some((note) => /not carried: \/new$/.test(note)));
  }));

test('at boot an image that holds the records of a migration is no pristine image', () =>
  prepared((sandbox) => {
    assert.throws(() => sandbox.apply(onBtrfs), hasCode('not-pristine'));
    sandbox.apply(onPartition);
    assert.throws(() => sandbox.apply(onBtrfs), hasCode('not-pristine'));
  }));

test('a damaged record is named, and nothing is made of it', () =>
  prepared((sandbox) => {
    sandbox.apply(onPartition);
    for (const [name, content] of [
      ['outcome.json', '{"schema":"migrate.outcome/1"}'],
      ['ours.json', '{"version":null,"paths":[{"path":{"base64":"="},"state":""}],"delivered":[]}'],
      ['ours.json', '{"version":null,"paths":[]}'],
      ['ours.json', 'null'],
      ['plan.json', ''],
    ] as const) {
      const file = join(sandbox.resultDirectory, 'var/lib/migrate', name);
      const whole = readFileSync(file);
      writeFileSync(file, content);
      assert.throws(
        () => sandbox.apply(onPartition),
        (error) => error instanceof Failure && error.message.includes(name),
      );
      writeFileSync(file, whole);
    }
    assert.equal(sandbox.apply(onPartition).status, 'already-done');
  }));
