import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { imageContent, withMachine } from '../flows/staging/machine.ts';
import { must, run } from './on-machine.ts';

test('what is refused says which option, command or path leads on', async () => {
  await withMachine((machine) => {
    const image = machine.image('base', imageContent(12));
    must(machine, 'init', '--root', machine.root, '--image', image, '--host', 'atlas');
    const { id } = machine.versions()[0] ?? assert.fail('there is no version');
    must(machine, 'volume', 'create', 'db');
    must(machine, 'volume', 'create', 'db/main');
    must(machine, 'remote', 'add', 'other', join(machine.work, 'nowhere'));
    const advice: Readonly<Record<string, RegExp>> = {
      // Each of these calls the option for another version its own way.
      'reset config --preview': /this machine runs no version of the store\n {2}Name it with --from VERSION;/,
      'reset config --yes': /\n {2}Name it with --from VERSION;/,
      [`stage ${image}`]: /\n {2}Name it with --parent VERSION;/,
      [`stage debain-12 --parent ${id}`]:
        /: Cannot read debain-12: it does not exist, and the store has no image of that name\n.* migrate image ls$/m,
      [`restore /etc/none --from ${id}`]: /: nothing stands there\n.*: migrate log --path \/etc\/none$/m,
      'volume destroy db': /: it has 1 branch or tag\n/,
      [`umount ${machine.work}`]: /: nothing that migrate has mounted is there\n/,
    };
    for (const [words, says] of Object.entries(advice)) {
      const { status, stdout, stderr } = run(machine, ...words.split(' '));
      assert.match(stderr, says, words);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' }, words);
    }
    const { status, stderr } = run(machine, 'push', 'db/main', 'other');
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^migrate: Cannot reach the other store: .*\n {2}See with migrate remote ls where it is meant to be\n$/,
    );
  });
});
