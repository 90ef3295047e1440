import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BootResult, bootFailures } from '../../qemu/expect.ts';
import { readReport } from '../../qemu/question.ts';
import type { Boot } from '../../qemu/scenario.ts';

const boot: Boot = {
  entry: 'trial',
  ends: 'report',
  kernels: [/^6\.12\./, /^6\.1\./],
  console: { shows: [/ready/], lacks: [/emergency/] },
  report: { hostname: 'atlas', 'uname -r': /^6\.1\./ },
};

const good: BootResult = {
  missedStep: null,
  offInTime: true,
  console: '[0.0] Linux version 6.12.1-x (a)\n[0.0] Linux version 6.1.0-y (b)\nready\n',
  report: new Map([
    ['hostname', { status: 0, output: 'atlas\n' }],
    ['uname -r', { status: 0, output: '6.1.0-y' }],
  ]),
};

test('a boot that went as its scenario says has no failure', () => {
  assert.deepEqual(bootFailures(boot, good), []);
});

const wrong: readonly (readonly [string, Partial<BootResult>])[] = [
  [
    'an output that differs',
    { report: new Map([...(good.report ?? []), ['hostname', { status: 0, output: 'debian' }]]) },
  ],
  [
    'an output that does not match',
    { report: new Map([...(good.report ?? []), ['uname -r', { status: 0, output: '6.12.1' }]]) },
  ],
  ['a question without an answer', { report: new Map([['hostname', { status: 0, output: 'atlas' }]]) }],
  ['a report that did not come', { report: null }],
  ['kernels in another order', { console: 'Linux version 6.1.0\nLinux version 6.12.1\nready' }],
  ['one kernel too many', { console: `${good.console}Linux version 6.1.0-y` }],
  ['a console without its text', { console: good.console.replace('ready', '') }],
  ['a console with a text that must not be there', { console: `${good.console}emergency` }],
  ['a machine that stays on', { offInTime: false }],
  ['a step that waited in vain', { missedStep: 'the console did not show /x/ within 1 s' }],
];

for (const [what, difference] of wrong) {
  test(`${what} is exactly one failure`, () => {
    assert.equal(bootFailures(boot, { ...good, ...difference }).length, 1);
  });
}

test('a system that comes up where it must not is a failure', () => {
  const off: Boot = { entry: 'trial', ends: 'off' };
  assert.deepEqual(bootFailures(off, good), ['the system came up, which it must not']);
  assert.deepEqual(bootFailures(off, { ...good, report: null }), []);
});

test('a report is read where it is whole and refused where it was cut off', () => {
  const commands = ['hostname', 'false'];
  const text = `0 ${btoa('atlas')}\n1 \nend\n`;
  assert.deepEqual(readReport(text, commands)?.get('hostname'), { status: 0, output: 'atlas' });
  assert.deepEqual(readReport(text, commands)?.get('false'), { status: 1, output: '' });
  assert.equal(readReport(text.replace('end\n', ''), commands), null);
});
