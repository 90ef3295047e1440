import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../../../src/domain/bytes.ts';
import { type ResetRecord, resetEdges, resetIn, resetStates } from '../../../../src/domain/reset-states.ts';
import { readReset, removeReset, writeReset } from '../../../../src/flows/reset/total/reset-record.ts';
import type { Files } from '../../../../src/system/files.ts';
import { system } from '../../../storage/objects.ts';
import { withFilesystem } from '../../../system/loop-filesystem.ts';

const record: ResetRecord = {
  version: 'trixie.7',
  nonce: '0123456789abcdef0123456789abcdef',
  keep: ['identity', bytesOfText('/etc/café/**'), '/etc/\xff\xfe'],
  state: 'armed',
  losses: [{ name: 'srv', bytes: 4096 }],
  at: '2026-11-22T00:00:00Z',
};

function withStore(body: (files: Files, file: string) => void): Promise<void> {
  return withFilesystem('tmpfs', (directory) => {
    const files = system.openRoot(directory);
    try {
      body(files, join(directory, 'reset.json'));
    } finally {
      files.close();
    }
  });
}

test('case 74: the states of a total reset follow one another, and none goes back', () => {
  for (const [index, state] of resetStates.entries()) {
    assert.deepEqual(resetEdges[state], resetStates.slice(index + 1, index + 2));
    for (const to of resetStates) {
      if (resetEdges[state].includes(to)) assert.equal(resetIn({ ...record, state }, to).state, to);
      else assert.throws(() => resetIn({ ...record, state }, to), { code: 'reset-state' });
    }
  }
});

test('a reset is read as it was written, with the bytes of what it keeps', async () => {
  await withStore((files) => {
    assert.equal(readReset(files, system), null);
    writeReset({ files, system }, record);
    assert.deepEqual(readReset(files, system), record);
    writeReset({ files, system }, { ...record, state: 'wiping' });
    assert.equal(readReset(files, system)?.state, 'wiping');
    removeReset(files);
    removeReset(files);
    assert.equal(readReset(files, system), null);
  });
});

test('case 110: of a record in which any byte is another, or that is cut off, nothing is done', async () => {
  await withStore((files, file) => {
    writeReset({ files, system }, record);
    const whole = readFileSync(file);
    const damaged = (bytes: Buffer): void => {
      writeFileSync(file, bytes);
      assert.throws(() => readReset(files, system), { code: 'reset-record' }, bytes.toString('latin1'));
    };
    // The line end is no part of it.
    for (let length = 0; length < whole.length - 1; length += 1) damaged(whole.subarray(0, length));
    for (let at = 0; at < whole.length - 1; at += 1) {
      const other = Buffer.from(whole);
      other[at] = (other[at] ?? 0) ^ 1;
      damaged(other);
    }
  });
});
