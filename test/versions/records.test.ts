import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { versionToJson } from '../../src/domain/version-json.ts';
import type { Files } from '../../src/system/files.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import {
  readReplaced,
  readVersions,
  readWholeVersions,
  removeVersion,
  writeVersion,
} from '../../src/versions/records.ts';
import { transition } from '../../src/versions/states.ts';
import { dies, interrupt } from '../apply/interruption.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { versionOf } from './version-of.ts';

async function withStore(body: (store: Files, directory: string) => void): Promise<void> {
  await withFilesystem('ext4', (directory) => withFiles(directory, (store) => body(store, directory)));
}

function withFiles<Result>(directory: string, use: (store: Files) => Result): Result {
  const store = openRoot(directory);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

const first = versionOf('bookworm.1', 'retired', 1);
const second = versionOf('trixie.2', 'trial', 2);

test('records are read as they were written, oldest first; a store without any has none', async () => {
  await withStore((store, directory) => {
    assert.deepEqual(readVersions(store), { records: [], damaged: [] });
    writeVersion(store, second);
    writeVersion(store, first);
    assert.deepEqual(readVersions(store), { records: [first, second], damaged: [] });
    removeVersion(store, first.id);
    removeVersion(store, first.id);
    assert.deepEqual(readWholeVersions(store), [second]);
    assert.deepEqual(readdirSync(join(directory, 'versions')), ['trixie.2.json']);
  });
});

test('a record that another replaces is none any more, whatever is left of it, and is one again when nothing replaces it', async () => {
  await withStore((store) => {
    writeVersion(store, first);
    writeVersion(store, { ...second, replaces: [first.id, 'gone.9'] });
    assert.deepEqual(readWholeVersions(store), [{ ...second, replaces: [first.id, 'gone.9'] }]);
    assert.deepEqual(readReplaced(store), [first]);
    // What replaces it may itself be replaced: then neither comes back.
    const third = versionOf('next.3', 'armed', 3, { replaces: [second.id, first.id] });
    writeVersion(store, third);
    assert.deepEqual(readWholeVersions(store), [third]);
    assert.deepEqual(
      readReplaced(store)
        .map(({ id }) => id)
        .toSorted(),
      [first.id, second.id].toSorted(),
    );
    for (const id of [second.id, third.id]) removeVersion(store, id);
    assert.deepEqual(readWholeVersions(store), [first]);
  });
});

test('case 65: cut off at any call, a record is the one before or the one after, and the next writing goes through', async () => {
  const after = transition(second, 'good', { order: 99, at: '2026-11-01T00:00:00Z', why: 'healthy' });
  const seen = new Set<string>();
  await withFilesystem('ext4', (directory) => {
    let at = 1;
    for (let cut = true; cut; at++) {
      for (const moment of ['before', 'during', 'after'] as const) {
        withFiles(directory, (store) => writeVersion(store, second));
        cut = withFiles(directory, (store) => isCut(store, { at, moment }, () => writeVersion(store, after)));
        const [record, ...more] = withFiles(directory, readWholeVersions);
        assert.deepEqual(more, []);
        assert.ok(record?.state === 'trial' || record?.state === 'good');
        assert.deepEqual(record, record.state === 'good' ? after : second);
        seen.add(record.state);
        withFiles(directory, (store) => writeVersion(store, after));
        assert.deepEqual(withFiles(directory, readWholeVersions), [after]);
      }
    }
    assert.ok(at > 2, 'it was cut off at every call');
  });
  assert.deepEqual([...seen].sort(), ['good', 'trial']);
});

function isCut(store: Files, interruption: Parameters<typeof interrupt>[1], work: () => void): boolean {
  interrupt(store, interruption);
  return dies(work);
}

test('case 115: the content is on the disk before the name, and the name before the call returns', async () => {
  await withStore((store) => {
    const calls: string[] = [];
    for (const name of ['create', 'sync', 'rename'] as const) {
      const original = store[name].bind(store) as (...args: readonly unknown[]) => unknown;
      store[name] = ((...args: readonly unknown[]) => {
        calls.push(`${name} ${String(args[0])}`);
        return original(...args);
      }) as never;
    }
    writeVersion(store, first);
    assert.deepEqual(calls, [
      'sync /',
      'create /versions/bookworm.1.json.partial',
      'sync /versions/bookworm.1.json.partial',
      'rename /versions/bookworm.1.json.partial',
      'sync /versions',
    ]);
  });
});

test('what is no record is named, and what reads for a change stops at it', async () => {
  await withStore((store, directory) => {
    writeVersion(store, first);
    const put = (name: string, content: string): void => writeFileSync(join(directory, 'versions', name), content);
    put('other.json', versionToJson(second));
    put('torn.json', versionToJson(second).slice(0, 50));
    put('half.json.partial', '{');
    put('README', 'nothing');
    mkdirSync(join(directory, 'versions/folder.json'));
    symlinkSync('bookworm.1.json', join(directory, 'versions/linked.json'));
    const { records, damaged } = readVersions(store);
    assert.deepEqual(records, [first]);
    assert.deepEqual(
      damaged.map(({ message }) => message.replace(directory, '')),
      [
        'Cannot use /versions/folder.json as a version: it is no file',
        'Cannot use /versions/linked.json as a version: it is no file',
        'Cannot use /versions/other.json as a version: it is the record of trixie.2',
        'Cannot read the version in /versions/torn.json: it is not JSON',
      ],
    );
    assert.throws(
      () => readWholeVersions(store),
      (error) => error instanceof Failure && error.code === 'version-record',
    );
  });
});

test('case 17: an id that would lead out of the store is refused', async () => {
  await withStore((store, directory) => {
    for (const id of ['../x', 'a/b', ''])
      assert.throws(() => writeVersion(store, { ...first, id }), /no id of a version/);
    assert.throws(() => removeVersion(store, '../../etc/passwd'), /no id of a version/);
    assert.deepEqual(readVersions(store).records, []);
    assert.ok(readFileSync('/etc/passwd', 'latin1').length > 0 && readdirSync(directory).length > 0);
  });
});
