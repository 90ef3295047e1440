import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Machine, type Start, startInContainer } from './start-in-container.ts';

const onTrial = ['migrate.why=try'];

/** In place of the ten minutes, by a drop-in of the same name. */
const limitOfTargets = (seconds: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['default', 'multi-user', 'boot-complete'].map((target) => [
      `etc/systemd/system/${target}.target.d/50-migrate-trial.conf`,
      `[Unit]\nJobTimeoutSec=${seconds}\n`,
    ]),
  );

const hang: Machine = {
  words: onTrial,
  files: {
    ...limitOfTargets(15),
    'etc/systemd/system/hang.service':
      '[Service]\nType=oneshot\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity\n',
  },
  links: [['multi-user.target.wants', 'hang.service']],
};

const fails = (before: string): string => `[Unit]\n${before}\n[Service]\nType=oneshot\nExecStart=/bin/false\n`;

const emergency: Machine = {
  words: onTrial,
  files: { 'etc/systemd/system/broken.service': fails('DefaultDependencies=no\nBefore=local-fs.target') },
  links: [['local-fs.target.requires', 'broken.service']],
};

/** The unit without its condition that no container meets; to empty one would be to empty all. */
const onMachines: Readonly<Record<string, string>> = {
  'etc/systemd/system/migrate-loader.service': readFileSync(
    new URL('../../initramfs/migrate-loader.service', import.meta.url),
    'utf8',
  ).replace(/^ConditionVirtualization=.*\n/m, ''),
};

const asksForLoader = "/bin/sh -c 'systemctl is-active migrate-loader.service >> /calls'";

/** Switches the machine off when it is up, and the unit is through. */
const goesOff = (after: string, before = '/bin/true'): Readonly<Record<string, string>> => ({
  'etc/systemd/system/goes-off.service':
    `[Unit]\nAfter=multi-user.target migrate-good.service ${after}\n` +
    `[Service]\nType=oneshot\nExecStart=-${before}\nExecStart=systemctl --no-block poweroff\n`,
});
const goingOff = ['multi-user.target.wants', 'goes-off.service'] as const;

const calls = ({ calls: made, ended }: Start): string => [...made, ended].join('\n');

for (const suite of ['bookworm', 'trixie'] as const) {
  test(`${suite}: a boot on trial that comes to its end is checked and marked good`, async () => {
    assert.equal(calls(await startInContainer(suite, { words: onTrial })), 'mark-good --checked\noff');
  });

  test(`${suite}: a machine that always starts to another target than the default is marked good there`, async () => {
    assert.equal(calls(await startInContainer(suite, { words: [...onTrial, '3'] })), 'mark-good --checked\noff');
  });

  test(`${suite}: systemd-boot's service blesses no version on trial, whatever came of its checks, and others as before`, async () => {
    const machine = (why: string): Machine => ({
      words: [`migrate.why=${why}`],
      files: {
        // Not good, and no failure: another version runs than the store thinks.
        'usr/bin/migrate': '#!/bin/sh\n[ "$1" != mark-good ] || echo not on trial >> /calls\n',
        'etc/systemd/system/systemd-bless-boot.service':
          "[Unit]\nRequires=boot-complete.target\nAfter=boot-complete.target\n[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo blessed >> /calls'\n",
        ...goesOff('systemd-bless-boot.service'),
      },
      links: [['multi-user.target.wants', 'systemd-bless-boot.service'], goingOff],
    });
    assert.equal(calls(await startInContainer(suite, machine('try'))), 'not on trial\noff');
    assert.equal(calls(await startInContainer(suite, machine('stable'))), 'blessed\noff');
  });

  test(`${suite}: without the program, and in a container, the loader's unit does not fail`, async () => {
    const machine = (files: Readonly<Record<string, string>>, hasProgram: boolean): Machine => ({
      words: ['migrate.why=stable'],
      files: { ...files, ...goesOff('migrate-loader.service', asksForLoader) },
      links: [goingOff],
      hasProgram,
    });
    const broken = { 'usr/bin/migrate': '#!/bin/sh\nexit 2\n' };
    assert.equal(calls(await startInContainer(suite, machine(broken, true))), 'inactive\noff');
    assert.equal(calls(await startInContainer(suite, machine({ ...broken, ...onMachines }, true))), 'failed\noff');
    assert.equal(calls(await startInContainer(suite, machine(onMachines, false))), 'inactive\noff');
  });

  test(`${suite}: a service that hangs is named by the checks when the targets have given up, and the machine starts again`, async () => {
    const start = await startInContainer(suite, hang);
    assert.match(
      calls(start),
      /^mark-good --checked\nnot reached: graphical\.target; still starting: hang\.service.*\nagain$/,
    );
  });

  test(`${suite}: what boot-complete.target requires and has failed is named, and the machine starts again`, async () => {
    const start = await startInContainer(suite, {
      words: onTrial,
      files: { 'etc/systemd/system/gate.service': fails('Before=boot-complete.target') },
      links: [['boot-complete.target.requires', 'gate.service']],
    });
    assert.match(
      calls(start),
      /^mark-good --checked\nnot reached: boot-complete\.target; .*failed: gate\.service.*\nagain$/,
    );
  });

  test(`${suite}: a boot that ends in an emergency keeps what failed and starts again`, async () => {
    const start = await startInContainer(suite, emergency);
    assert.match(calls(start), /^check --save\nnot reached: .*; failed:.* broken\.service.*\nagain$/);
  });

  test(`${suite}: where the checks themselves hang, the machine starts again`, async () => {
    const drop = 'etc/systemd/system/migrate-good.service.d/60-test.conf';
    const start = await startInContainer(suite, {
      words: onTrial,
      files: { hang: '', [drop]: '[Unit]\nJobTimeoutSec=15\n' },
    });
    assert.equal(calls(start), 'mark-good --checked\nagain');
  });

  test(`${suite}: the watchdog is set on trial, where the machine has not set it itself`, async () => {
    const asks =
      '[Unit]\nAfter=migrate-watchdog.service\nBefore=migrate-good.service\n[Service]\nType=oneshot\n' +
      "ExecStart=/bin/sh -c 'systemctl show --property=RuntimeWatchdogUSec --value >> /calls'\n";
    const machine = {
      words: onTrial,
      files: {
        'etc/systemd/system/asks.service': asks,
        // A container has no such device.
        'etc/systemd/system/migrate-watchdog.service.d/60-test.conf': '[Unit]\nConditionPathExists=\n',
      },
      links: [['multi-user.target.wants', 'asks.service']],
    } satisfies Machine;
    assert.equal(calls(await startInContainer(suite, machine)), '1min\nmark-good --checked\noff');
    const own = { 'etc/systemd/system.conf.d/own.conf': '[Manager]\nRuntimeWatchdogSec=7s\n' };
    const withOwn = { ...machine, files: { ...machine.files, ...own } };
    assert.equal(calls(await startInContainer(suite, withOwn)), '7s\nmark-good --checked\noff');
  });

  test(`${suite}: where systemd does not take the watchdog that the initramfs has started, it is stopped`, async () => {
    const asks =
      '[Unit]\nAfter=migrate-watchdog.service\nBefore=migrate-good.service\n[Service]\nType=oneshot\n' +
      "ExecStart=/bin/sh -c 'cat /dev/watchdog0 >> /calls; echo >> /calls'\n";
    const drop = '[Unit]\nConditionPathExists=\n[Service]\nEnvironment=DBUS_SYSTEM_BUS_ADDRESS=unix:path=/none\n';
    const start = await startInContainer(suite, {
      words: onTrial,
      files: {
        'etc/systemd/system/asks.service': asks,
        'etc/systemd/system/migrate-watchdog.service.d/60-test.conf': drop,
      },
      links: [['multi-user.target.wants', 'asks.service']],
    });
    assert.equal(calls(start), 'V\nmark-good --checked\noff');
  });

  test(`${suite}: a machine that is switched off while the checks run stays off`, async () => {
    const person = '[Service]\nExecStart=/bin/sh -c "sleep 5; exec systemctl poweroff"\n';
    const start = await startInContainer(suite, {
      words: onTrial,
      files: { hang: '', 'etc/systemd/system/person.service': person },
      links: [['multi-user.target.wants', 'person.service']],
    });
    assert.equal(calls(start), 'mark-good --checked\noff', start.console);
  });

  test(`${suite}: a boot that nobody counts is not checked`, async () => {
    const goesOff =
      '[Unit]\nAfter=multi-user.target migrate-good.service\n[Service]\nExecStart=systemctl --no-block poweroff\n';
    const start = await startInContainer(suite, {
      words: ['migrate.why=stable'],
      files: { 'etc/systemd/system/goes-off.service': goesOff },
      links: [['multi-user.target.wants', 'goes-off.service']],
    });
    assert.deepEqual([start.calls, start.ended], [[], 'off'], start.console);
  });
}
