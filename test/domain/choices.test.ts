import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChoices } from '../../src/domain/choices.ts';
import { Failure } from '../../src/domain/failure.ts';

test('choices are read by the key of their item', () => {
  const text = JSON.stringify({
    schema: 'migrate.choices/1',
    choices: { 'content:/etc/motd': { fingerprint: 'f', resolution: 'theirs', comment: 'is passed over' } },
  });
  const choices = parseChoices(text, 'c.json');
  assert.deepEqual([...choices], [['content:/etc/motd', { fingerprint: 'f', resolution: 'theirs' }]]);
});

test('keys that objects are born with are keys like any other', () => {
  const text = '{"schema":"migrate.choices/1","choices":{"__proto__":{"fingerprint":"f","resolution":"r"}}}';
  assert.deepEqual(parseChoices(text, 'c.json').get('__proto__'), { fingerprint: 'f', resolution: 'r' });
});

test('what is no choices file is refused, with its name, as input', () => {
  const bad = [
    '',
    '{',
    'null',
    '[]',
    '{"schema":"migrate.choices/2","choices":{}}',
    '{"schema":"migrate.choices/1"}',
    '{"schema":"migrate.choices/1","choices":[]}',
    '{"schema":"migrate.choices/1","choices":{"k":{"resolution":"r"}}}',
    '{"schema":"migrate.choices/1","choices":{"k":{"fingerprint":1,"resolution":"r"}}}',
    '{"schema":"migrate.choices/1","choices":{"k":null}}',
  ];
  for (const text of bad) {
    assert.throws(
      () => parseChoices(text, 'answers.json'),
      (error) =>
        error instanceof Failure &&
        error.code === 'choices-syntax' &&
        error.kind === 'input' &&
        error.message.includes('answers.json'),
      text,
    );
  }
});
