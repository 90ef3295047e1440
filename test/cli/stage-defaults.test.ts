import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fill, imageContent, withMachine } from '../flows/staging/machine.ts';
import { run } from './on-machine.ts';

test('a version that is armed though errors have no answer says that the boot takes their defaults', async () => {
  await withMachine((machine) => {
    const image = (name: string, release: number, content: string): string =>
      machine.image(name, { ...imageContent(release), 'etc/app.conf': content });
    fill(machine.root, {
      'etc/app.conf': 'port 2\n',
      'etc/migrate/policy.d/local.policy': 'persist /etc/** strategy=merge\n',
    });
    const made = run(machine, 'init', '--root', machine.root, '--image', image('base', 12, 'port 1\n'), '--json');
    assert.equal(made.status, 0, made.stderr);
    const { id } = JSON.parse(made.stdout).version;
    const undecided = run(machine, 'stage', image('next', 13, 'port 3\n'), '--parent', id);
    assert.equal(undecided.status, 0, undecided.stderr);
    assert.match(undecided.stdout, /Waiting for a choice \(1\)\n {2}error {2}\/etc\/app\.conf /);
    assert.match(undecided.stdout, /\n1 item without an answer: the boot takes the default, marked by \*\n$/);
    const decided = run(machine, 'stage', image('same', 13, 'port 1\n'), '--name', 'same', '--parent', id);
    assert.match(decided.stdout, /is armed in place of /);
    assert.doesNotMatch(decided.stdout, /without an answer/);
  });
});
