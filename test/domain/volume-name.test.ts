import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { displayVolumeName, isPartName, parseObjectName, parseVolumeName } from '../../src/domain/volume-name.ts';

const names = {
  db: { kind: 'volume', volume: 'db' },
  'db/main': { kind: 'branch', host: null, volume: 'db', name: 'main' },
  'web-1.example/db/main': { kind: 'branch', host: 'web-1.example', volume: 'db', name: 'main' },
  'monday@db': { kind: 'tag', volume: 'db', name: 'monday' },
  'sha256:ab+1.0_x@system': { kind: 'tag', volume: 'system', name: 'sha256:ab+1.0_x' },
} as const;

for (const [text, name] of Object.entries(names)) {
  test(`"${text}" is read, and shown as it was written`, () => {
    assert.deepEqual(parseVolumeName(text), name);
    assert.equal(displayVolumeName(parseVolumeName(text)), text);
  });
}

const refused: Readonly<Record<string, string>> = {
  '': 'it is empty',
  'a@b@c': 'it has more than one "@"',
  'a/b/c/d': 'it has more than two "/"',
  '@db': '"" is empty',
  'db/': '"" is empty',
  '../db': '".." does not begin with a letter or digit',
  'a/b..c': '"b..c" holds ".."',
  'db/main.json': '"main.json" ends as records of the store do',
  'db/main.partial': '"main.partial" ends as records of the store do',
  'db/main.migrating': '"main.migrating" ends as records of the store do',
  'db/ma in': '"ma in" holds other characters than letters, digits and . _ + : -',
  'db/mäin': '"mäin" holds other characters than letters, digits and . _ + : -',
  'a/b@c': '"a/b" holds other characters than letters, digits and . _ + : -',
  'db/new\nline': '"new\nline" holds other characters than letters, digits and . _ + : -',
  ['x'.repeat(121)]: 'it is longer than 120 characters',
};

for (const [text, why] of Object.entries(refused)) {
  test(`${JSON.stringify(text.slice(0, 20))} is refused as a name: ${JSON.stringify(why)}`, () => {
    assert.throws(
      () => parseVolumeName(text),
      (error) => error instanceof Failure && error.code === 'name' && error.message.endsWith(`: ${why}`),
    );
  });
}

test('a volume is no name of a branch or tag', () => {
  assert.throws(() => parseObjectName('db'), /a branch or tag is meant/);
  assert.equal(parseObjectName('db/main').name, 'main');
});

test('a name fits a directory with a record of the longest ending beside it', () => {
  assert.ok(isPartName('x'.repeat(120)) && Buffer.byteLength(`${'x'.repeat(120)}.json.partial`) <= 255);
});
