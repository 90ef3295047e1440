import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearWord } from '../../src/cli/near-word.ts';
import { migrate } from './run-migrate.ts';

const words = ['status', 'stage', 'log', 'pin', 'unpin', 'pull', 'push', 'rollback', 'versions'];

const near: Readonly<Record<string, string | null>> = {
  stauts: 'status',
  satge: 'stage',
  statsu: 'status',
  rolback: 'rollback',
  rollbakc: 'rollback',
  version: 'versions',
  lg: 'log',
  // As near as `pull`, which comes first.
  pul: 'pull',
  // Two slips in a short word are another word.
  list: null,
  lgo: 'log',
  move: null,
  '': null,
};

for (const [typed, meant] of Object.entries(near)) {
  test(`"${typed}" is taken for ${meant === null ? 'no other word' : `a slip in "${meant}"`}`, () => {
    assert.equal(nearWord(typed, words), meant);
  });
}

const hints: Readonly<Record<string, string>> = {
  stauts: 'Unknown command "stauts"\n  Did you mean migrate status?',
  'image sl': 'Unknown command "image sl"\n  Did you mean migrate image ls?',
  'volume rm': 'Unknown command "volume rm"\n  A volume, a branch or a tag is removed by migrate volume destroy',
  // What the recovery shell is called elsewhere.
  recover: 'Unknown command "recover"\n  The recovery shell is in the boot loader\'s menu, below Recovery',
  constructor: 'Unknown command "constructor"\n  See migrate --help',
  frobnicate: 'Unknown command "frobnicate"\n  See migrate --help',
};

for (const [words, said] of Object.entries(hints)) {
  test(`migrate ${words} is refused, and says where to look`, () => {
    const { status, stdout, stderr } = migrate(words.split(' '));
    assert.deepEqual({ status, stdout, stderr }, { status: 2, stdout: '', stderr: `migrate: ${said}\n` });
  });
}
