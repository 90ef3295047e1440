import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrate, shell } from './run-migrate.ts';
import { stateOf } from './state-of.ts';
import { quietUpdate, type Trees, withTrees } from './trees.ts';

type Refusal = {
  readonly what: string;
  /** Lays out what is bad about the trees, and returns the arguments. */
  readonly args: (trees: Trees) => readonly string[];
  readonly says: string | RegExp;
  /** Whether a line of advice follows. */
  readonly advises: boolean;
};

const refusals: readonly Refusal[] = [
  { what: 'no command', args: () => [], says: 'Cannot tell what to do: there is no command', advises: true },
  { what: 'an unknown command', args: () => ['move'], says: 'Unknown command "move"', advises: true },
  {
    what: 'an unknown option',
    args: ({ options }) => ['plan', ...options, '--color=no'],
    says: 'Unknown option --color',
    advises: true,
  },
  {
    what: 'migrate plan without extended attributes, which it would lose',
    args: ({ options }) => ['plan', ...options, '--no-xattrs'],
    says: 'Unknown option --no-xattrs',
    advises: true,
  },
  {
    what: 'migrate apply without extended attributes, which it would lose',
    args: ({ options }) => ['apply', ...options, '--no-xattrs'],
    says: 'Unknown option --no-xattrs',
    advises: true,
  },
  {
    what: 'an unknown option before the command',
    args: ({ options }) => ['--quiet', 'plan', ...options],
    says: 'Unknown option --quiet',
    advises: true,
  },
  {
    what: 'an argument too many',
    args: ({ options }) => ['plan', ...options, 'now'],
    says: '"now" is one argument too many for migrate plan',
    advises: true,
  },
  {
    what: 'the boot command on a running system',
    args: () => ['boot'],
    says: 'Cannot run migrate boot: this is a running system, not an initramfs',
    advises: true,
  },
  { what: 'missing options', args: () => ['apply'], says: 'Missing: --base, --old, --new', advises: true },
  {
    what: 'an option without its value',
    args: () => ['plan', '--base'],
    says: '--base needs a value after it',
    advises: true,
  },
  {
    what: 'an empty directory name, as an unset variable leaves it',
    args: ({ directory }) => ['apply', '--base', join(directory, 'base'), '--old', join(directory, 'old'), '--new', ''],
    says: 'Cannot tell what is meant: --new is empty',
    advises: true,
  },
  {
    what: 'an option given twice',
    args: ({ options }) => ['plan', ...options, '--new', '/elsewhere'],
    says: 'Cannot tell what is meant: --new is given 2 times',
    advises: true,
  },
  {
    what: 'a missing directory',
    args: () => ['plan', '--base', '/nowhere', '--old', '/nowhere/1', '--new', '/nowhere/2'],
    says: 'Cannot use /nowhere: it does not exist',
    advises: false,
  },
  {
    what: 'a file in place of a directory',
    args: ({ directory, options }) => ['apply', ...options.slice(0, 4), '--new', join(directory, 'new/etc/motd')],
    says: /^Cannot use .*\/new\/etc\/motd: it is not a directory$/,
    advises: false,
  },
  {
    what: 'a path through a file',
    args: ({ directory, options }) => ['diff', ...options.slice(0, 2), '--old', join(directory, 'old/etc/motd/x')],
    says: /^Cannot use .*\/motd\/x: something on its way is not a directory$/,
    advises: false,
  },
  {
    what: 'the same directory given twice',
    args: ({ directory, options }) => ['plan', ...options.slice(0, 4), '--new', `${directory}/new/../old/`],
    says: /^Cannot migrate: --old and --new are the same directory, .*\/old$/,
    advises: true,
  },
  {
    what: 'the same directory through a symbolic link',
    args: ({ directory, options }) => {
      symlinkSync('base', join(directory, 'link'));
      return ['apply', ...options.slice(0, 4), '--new', join(directory, 'link')];
    },
    says: /^Cannot migrate: --base and --new are the same directory, /,
    advises: true,
  },
  {
    what: 'a missing policy',
    args: ({ options }) => ['plan', ...options, '--policy', '/nowhere.policy'],
    says: 'Cannot read /nowhere.policy: it does not exist',
    advises: false,
  },
  {
    what: 'a policy that is a directory',
    args: ({ directory, options }) => ['apply', ...options, '--policy', directory],
    says: /^Cannot read .*: it is a directory$/,
    advises: false,
  },
  {
    what: 'a malformed policy on the command line',
    args: ({ directory, options }) => {
      writeFileSync(join(directory, 'my.policy'), '# mine\n\npersist /etc/** strategy=guess\n');
      return ['plan', ...options, '--policy', join(directory, 'my.policy')];
    },
    says: /\/my\.policy, line 3: .*guess/,
    advises: false,
  },
  {
    what: 'a malformed policy of the image',
    args: ({ directory, options }) => {
      writeFileSync(join(directory, 'new/usr/lib/migrate/policy.d/50-bad.policy'), 'ignore /usr/**\nkeep /etc\n');
      return ['apply', ...options, '--unattended'];
    },
    says: /^\/usr\/lib\/migrate\/policy\.d\/50-bad\.policy, line 2: unknown verb "keep"/,
    advises: false,
  },
  {
    what: 'a policy of the machine that is no file',
    args: ({ directory, options }) => {
      mkdirSync(join(directory, 'old/etc/migrate/policy.d/1.policy'), { recursive: true });
      return ['plan', ...options];
    },
    says: /^Cannot read the policy .*\/old\/etc\/migrate\/policy\.d\/1\.policy: it is a directory, not a file$/,
    advises: true,
  },
  {
    what: 'choices that are not JSON',
    args: ({ directory, options }) => {
      writeFileSync(join(directory, 'choices.json'), '{"schema":');
      return ['apply', ...options, '--choices', join(directory, 'choices.json')];
    },
    says: /^Cannot read choices from .*choices\.json: /,
    advises: true,
  },
  {
    what: 'choices of another schema',
    args: ({ directory, options }) => {
      writeFileSync(join(directory, 'choices.json'), '{"schema":"migrate.choices/9","choices":{}}');
      return ['plan', ...options, '--choices', join(directory, 'choices.json')];
    },
    says: /^Cannot read choices from .*: it is not a "migrate\.choices\/1" document$/,
    advises: true,
  },
  {
    what: 'a choice without a fingerprint',
    args: ({ directory, options }) => {
      const choices = { schema: 'migrate.choices/1', choices: { 'content:/etc/motd': { resolution: 'ours' } } };
      writeFileSync(join(directory, 'choices.json'), JSON.stringify(choices));
      return ['apply', ...options, '--choices', join(directory, 'choices.json')];
    },
    says: /: the choice for "content:\/etc\/motd" lacks a fingerprint or a resolution$/,
    advises: true,
  },
  { what: 'no path to explain', args: () => ['explain'], says: 'migrate explain needs a PATH', advises: true },
  {
    what: 'nothing to persist',
    args: () => ['persist', 'file'],
    says: 'migrate persist needs "file PATH" or "pkg NAME"',
    advises: true,
  },
  {
    what: 'something else than a file or a package to forget',
    args: () => ['forget', 'directory', '/etc'],
    says: 'KIND "directory" is none of "file", "pkg"',
    advises: true,
  },
  { what: 'nothing to do with policies', args: () => ['policy'], says: 'migrate policy needs "check"', advises: true },
  {
    what: 'a relative path to explain',
    args: () => ['explain', 'etc/fstab'],
    says: 'Cannot use "etc/fstab": it is not an absolute path without ".."',
    advises: true,
  },
  {
    what: 'a path to explain that climbs',
    args: () => ['explain', '/etc/../usr'],
    says: 'Cannot use "/etc/../usr": it is not an absolute path without ".."',
    advises: true,
  },
  {
    what: 'a value that is none of the choices',
    args: () => ['boot', '--log', 'paper'],
    says: '--log "paper" is none of "console", "kernel"',
    advises: true,
  },
  {
    what: 'a dry run with a new root but no base',
    args: ({ directory }) => ['--dry-run', '--new', join(directory, 'new')],
    says: 'Cannot plan: --new is there, but not --base',
    advises: true,
  },
];

for (const { what, args, says, advises } of refusals) {
  test(`${what} is refused with one clear line, exit code 2, and nothing changed`, () => {
    withTrees(quietUpdate, (trees) => {
      const words = args(trees);
      const before = stateOf(trees.directory);
      const { status, stdout, stderr } = migrate(words);
      assertRefused(stderr, says, advises);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
      assert.equal(stateOf(trees.directory), before);
    });
  });
}

test('the same directory through a bind mount is refused', () => {
  withTrees(quietUpdate, ({ directory, options }) => {
    const bound = join(directory, 'bound');
    mkdirSync(bound);
    execFileSync('mount', ['--bind', join(directory, 'old'), bound]);
    try {
      const { status, stderr } = migrate(['plan', ...options.slice(0, 4), '--new', bound]);
      assertRefused(stderr, /^Cannot migrate: --old and --new are the same directory, /, true);
      assert.equal(status, 2);
    } finally {
      execFileSync('umount', [bound]);
    }
  });
});

for (const command of ['plan', 'apply', 'diff', '--dry-run']) {
  test(`migrate ${command} is refused to anyone but root`, () => {
    withTrees(quietUpdate, ({ directory, options }) => {
      const before = stateOf(directory);
      const words = command === 'diff' ? options.slice(0, 4) : options;
      // Allowed to read everything, so that only the program itself refuses.
      const nobody =
        'setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search';
      const { status, stdout, stderr } = shell(`${nobody} $MIGRATE ${command} ${words.join(' ')}`);
      assertRefused(
        stderr,
        `Cannot run migrate ${command}: it needs root, to read and write what belongs to others`,
        true,
      );
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
      assert.equal(stateOf(directory), before);
    });
  });
}

function assertRefused(stderr: string, says: string | RegExp, advises: boolean): void {
  const [first = '', ...others] = stderr.trimEnd().split('\n');
  assert.match(first, /^migrate: /);
  const sentence = first.slice('migrate: '.length);
  if (typeof says === 'string') assert.equal(sentence, says);
  else assert.match(sentence, says);
  assert.deepEqual(
    others.map((line) => /^ {2}\S/.test(line)),
    advises ? [true] : [],
    stderr,
  );
}
