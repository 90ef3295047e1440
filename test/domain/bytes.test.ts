import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bytesOfText,
  bytesToJson,
  displayBytes,
  jsonToBytes,
  textOfBytes,
  textOrBytes,
  trimBlanks,
} from '../../src/domain/bytes.ts';

test('text becomes its bytes in UTF-8, and comes back', () => {
  assert.equal(bytesOfText('né€😀'), 'n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80');
  assert.equal(textOfBytes('n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'), 'né€😀');
});

test('blanks at the ends go, and no part of a letter with them', () => {
  assert.equal(trimBlanks(bytesOfText(' \t à la à\r\n')), bytesOfText('à la à'));
  assert.equal(trimBlanks(' \n'), '');
});

test('case 7: where bytes must be text, those that are not UTF-8 stay one character each', () => {
  assert.equal(textOrBytes('n\xc3\xa9'), 'né');
  assert.equal(textOrBytes('n\xe9'), 'n\xe9');
});

test('a byte order mark is a character like any other', () => {
  assert.equal(textOfBytes('\xef\xbb\xbfx'), '\ufeffx');
});

test('case 7: bytes that are not UTF-8 have no text: stray, overlong, surrogate or cut off', () => {
  for (const bytes of ['\xff', 'a\x80', '\xc0\xaf', '\xed\xa0\x80', '\xe2\x82', '\xf5\x80\x80\x80']) {
    assert.equal(textOfBytes(bytes), null, displayBytes(bytes));
  }
});

test('case 7: every byte comes through JSON, as text where it is UTF-8 and as base64 where it is not', () => {
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));
  assert.deepEqual(bytesToJson('/etc/caf\xc3\xa9'), '/etc/café');
  assert.deepEqual(bytesToJson('/\xff'), { base64: 'L/8=' });
  for (const bytes of [all, '', '\0', '/etc/caf\xc3\xa9', '\xef\xbb\xbf', '/\xff']) {
    const json = JSON.parse(JSON.stringify(bytesToJson(bytes)));
    assert.equal(jsonToBytes(json), bytes);
  }
});

test('malformed base64 is refused', () => {
  assert.throws(() => jsonToBytes({ base64: '*' }), DOMException);
});

test('what a person sees is one line, without control characters, and no two names look alike', () => {
  assert.equal(displayBytes('a\nb\tc\\d\x1b[31m\x7f'), 'a\\nb\\tc\\\\d\\x1b[31m\\x7f');
  assert.equal(displayBytes('caf\xc3\xa9'), 'café');
  assert.equal(displayBytes('\xc2\x9b'), '\\x9b');
  assert.equal(displayBytes('bad\xff\\'), 'bad\\xff\\\\');
  const names = ['\n', '\\n', '\\\\n', '\xff', '\\xff'];
  assert.equal(new Set(names.map(displayBytes)).size, names.length);
});
