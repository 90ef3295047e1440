import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Choices } from '../../src/domain/choices.ts';
import { Failure } from '../../src/domain/failure.ts';
import { keptChoices } from '../../src/flows/kept-choices.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

const place = 'var/lib/migrate/choices.json';
const text = '{"schema":"migrate.choices/1","choices":{"content:/etc/é":{"fingerprint":"f","resolution":"ours"}}}';

function keptIn(root: string): Choices {
  const files = openRoot(root);
  try {
    return keptChoices(files);
  } finally {
    files.close();
  }
}

function refused(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof Failure && error.code === code && error.kind === 'input' && message.test(error.message);
}

test('the answers of the old system are read where they are, and are none where they are not', () =>
  withFilesystem('tmpfs', (root) => {
    assert.equal(keptIn(root).size, 0);
    mkdirSync(dirname(join(root, place)), { recursive: true });
    assert.equal(keptIn(root).size, 0);
    writeFileSync(join(root, place), text);
    assert.deepEqual([...keptIn(root)], [['content:/etc/é', { fingerprint: 'f', resolution: 'ours' }]]);
    writeFileSync(join(root, place), '{}');
    assert.throws(() => keptIn(root), refused('choices-syntax', /^Cannot read choices from \/var\/lib\/migrate\//));
  }));

for (const at of ['var', 'var/lib', 'var/lib/migrate', place]) {
  test(`case 17: a link at /${at} is refused, never followed and never passed over`, () =>
    withFilesystem('tmpfs', (directory) => {
      const [root, elsewhere] = [join(directory, 'old'), join(directory, 'elsewhere')];
      mkdirSync(dirname(join(elsewhere, place)), { recursive: true });
      writeFileSync(join(elsewhere, place), text);
      mkdirSync(dirname(join(root, at)), { recursive: true });
      symlinkSync(join(elsewhere, at), join(root, at));
      assert.throws(() => keptIn(root), refused('choices-unreadable', new RegExp(`/${at}: it is a symlink, not a `)));
    }));
}
