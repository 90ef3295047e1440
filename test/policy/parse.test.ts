import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfText } from '../../src/domain/bytes.ts';
import { Failure } from '../../src/domain/failure.ts';
import { parsePolicy } from '../../src/policy/parse.ts';

test('a line becomes a rule with its verb, pattern, attributes, place and reason', () => {
  const text =
    '# heading\n\n  default ignore\r\npersist\t/etc/ssh/ssh_host_*  required class=identity strategy=copy # host keys\npin /a';
  assert.deepEqual(parsePolicy(text, 'x.policy'), [
    { verb: 'default', pattern: 'ignore', attributes: {}, source: { file: 'x.policy', line: 3 } },
    {
      verb: 'persist',
      pattern: '/etc/ssh/ssh_host_*',
      attributes: { required: true, class: 'identity', strategy: 'copy' },
      source: { file: 'x.policy', line: 4 },
      reason: 'host keys',
    },
    { verb: 'pin', pattern: '/a', attributes: {}, source: { file: 'x.policy', line: 5 } },
  ]);
});

test('a "#" inside a word is part of it, and a backslash keeps white space in a word', () => {
  const patterns = parsePolicy('ignore /a#b\nignore /a\\ b\\#c # note', 'x').map((rule) => rule.pattern);
  assert.deepEqual(patterns, ['/a#b', '/a\\ b\\#c']);
});

test('a byte order mark and a reason in UTF-8 are read', () => {
  const [rule] = parsePolicy(bytesOfText('\uFEFFpersist /a # für später'), 'x');
  assert.equal(rule?.verb, 'persist');
  assert.equal(rule.reason, 'für später');
});

test('a reason whose last letter ends in the byte 0xa0 is read whole', () => {
  const [rule] = parsePolicy(bytesOfText('persist /a #  voilà \r'), 'x');
  assert.equal(rule?.reason, 'voilà');
});

for (const line of [
  'persist /etc/fstab strategy=fstab',
  'persist /etc/shadow- strategy=accounts',
  'persist /etc/systemd/system/*.wants/** strategy=units',
  'persist /etc/systemd/user/ strategy=units',
  'persist /usr/lib/modules/*/extra/ strategy=modules',
]) {
  test(`"${line}" names the strategy of a format at its own place`, () => {
    const [rule] = parsePolicy(line, 'x');
    assert.equal(rule?.attributes['strategy'], line.split('=').at(-1));
  });
}

const mistakes: readonly (readonly [line: string, message: RegExp])[] = [
  ['persits /etc', /unknown verb "persits": default, persist, ignore and pin are allowed/],
  ['persist', /"persist" needs a pattern/],
  ['default', /"default ": "default persist" and "default ignore"/],
  ['default pin', /"default pin": "default persist" and "default ignore"/],
  ['default persist strategy=ask', /"strategy=ask": "default" takes no attributes/],
  ['persist etc/motd', /pattern "etc\/motd": a pattern starts with "\/" or "pkg:"/],
  ['persist /etc/[ab', /pattern "\/etc\/\[ab": "\[" is not closed/],
  ['persist /etc/[a/b]', /"\[" is not closed/],
  ['persist /etc/[z-a]', /"z-a" runs backwards/],
  ['persist /etc/../boot', /"\.\." is no component/],
  ['persist /etc/./a', /"\." is no component/],
  ['persist /etc/\\.\\.', /"\.\." is no component/],
  ['persist /etc//a', /"\/\/" names nothing/],
  ['persist /etc/a**', /"\*\*" must be a whole component/],
  ['persist /etc/a\\', /"\\" at the end escapes nothing/],
  ['persist /etc/\\q', /"\\q" means nothing/],
  ['persist /etc/\\x4', /"\\x" needs two hexadecimal digits/],
  ['persist /etc/\\x2f', /no name holds the byte "\\x2f"/],
  ['persist /a\0b', /no path holds a NUL byte/],
  ['persist pkg:', /"pkg:" needs the name of a package/],
  ['persist pkg:vd*', /"vd\*" is not the name of a package/],
  [
    'persist /a stratgy=copy',
    /unknown attribute "stratgy=copy": strategy=NAME, class=NAME, to=PATH and required are allowed/,
  ],
  [
    'persist /a strategy=mergee',
    /unknown strategy "mergee": copy, merge, ask, accounts, fstab, units, modules are allowed/,
  ],
  ['persist /etc/fstab2 strategy=fstab', /"strategy=fstab" knows one format, .* no others: \/etc\/fstab$/],
  ['persist /etc/* strategy=fstab', /"strategy=fstab" knows one format/],
  ['persist /etc/** strategy=accounts', /no others: \/etc\/passwd, \/etc\/passwd-, \/etc\/shadow, /],
  [
    'persist /etc/systemd/system.conf strategy=units',
    /no others: \/etc\/systemd\/system\/\*\*, \/etc\/systemd\/user\/\*\*$/,
  ],
  ['persist pkg:systemd strategy=units', /"strategy=units" knows one format/],
  ['persist /a strategy', /unknown strategy ""/],
  ['persist /a strategy=copy strategy=ask', /"strategy=ask" is the second "strategy"/],
  ['persist /a class=', /"class=": a class is lower-case letters/],
  ['persist /a required=yes', /"required=yes": required takes no value/],
  ['persist /a constructor', /unknown attribute "constructor"/],
  ['ignore /a required', /"required" belongs to persist and pin/],
];

for (const [line, message] of mistakes) {
  test(`"${line.replace('\0', '\\0')}" fails with the file, the line and what is allowed`, () => {
    assert.throws(
      () => parsePolicy(`default persist\n\n${line}\n`, '/etc/migrate/policy.d/x.policy'),
      (error) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, 'policy-syntax');
        assert.equal(error.kind, 'input');
        assert.match(error.message, /^\/etc\/migrate\/policy\.d\/x\.policy, line 3: /);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n/);
        return true;
      },
    );
  });
}
