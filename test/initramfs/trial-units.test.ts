import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const initramfs = join(import.meta.dirname, '../../initramfs');

function withDirectory<Result>(body: (directory: string) => Result): Result {
  const directory = mkdtempSync('/dev/shm/migrate-units-');
  try {
    return body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What the generator makes of a kernel command line; the machine does not see it. */
function generated(commandLine: string): Readonly<Record<string, string>> {
  return withDirectory((directory) => {
    writeFileSync(join(directory, 'cmdline'), commandLine);
    mkdirSync(join(directory, 'units'));
    const script = 'mount --bind "$1/cmdline" /proc/cmdline; "$2" "$1/units" "$1/early" "$1/late"';
    execFileSync('unshare', ['--mount', 'sh', '-euc', script, 'sh', directory, join(initramfs, 'migrate-trial')]);
    const names = readdirSync(join(directory, 'units'), { recursive: true, encoding: 'utf8' }).toSorted();
    const files = names.filter((name) => /\.(conf|service)$/.test(name));
    return Object.fromEntries(files.map((name) => [name, textOf(join(directory, 'units', name))]));
  });
}

/** A link leads into a root that is not this one. */
function textOf(path: string): string {
  if (path.endsWith('.service')) return execFileSync('readlink', [path], { encoding: 'utf8' }).trim();
  return readFileSync(path, 'utf8').split('\n').slice(1).join('\n');
}

const dropIn = '50-migrate-trial.conf';
const gaveUp = '[Unit]\nJobTimeoutSec=10min\n';

test('a boot on trial gets limits for its targets, one for all of it, and leaves an emergency', () => {
  assert.deepEqual(generated('root=LABEL=ROOT rw migrate.why=try quiet\n'), {
    [`boot-complete.target.d/${dropIn}`]: gaveUp,
    [`default.target.d/${dropIn}`]: gaveUp,
    [`multi-user.target.d/${dropIn}`]: gaveUp,
    [`migrate-good.service.d/${dropIn}`]: '[Unit]\nJobTimeoutSec=20min\nJobTimeoutAction=reboot\n',
    'emergency.target.wants/migrate-emergency.service': '/usr/lib/systemd/system/migrate-emergency.service',
  });
});

for (const commandLine of [
  'root=LABEL=ROOT rw',
  'migrate.why=stable rw',
  'migrate.why=fallback rw',
  'xmigrate.why=try migrate.why=tryst',
  // Somebody is at the console.
  'migrate.why=try emergency',
  'migrate.why=try single',
  'migrate.why=try -b',
  'migrate.why=try systemd.unit=rescue.target',
  'systemd.unit=emergency.target migrate.why=try',
  'migrate.why=try systemd.debug_shell',
  'migrate.why=try * 1',
  '',
]) {
  test(`"${commandLine}" is no boot on trial that nobody looks at`, () => {
    assert.deepEqual(generated(`${commandLine}\n`), {});
  });
}

for (const words of ['3', '5', 'systemd.unit=multi-user.target', 'systemd.unit=../x.target']) {
  test(`"${words}" is how a machine always starts: its versions are on trial`, () => {
    assert.deepEqual(generated(`migrate.why=try ${words}\n`), {
      ...generated('migrate.why=try\n'),
      ...(words === 'systemd.unit=multi-user.target' && {
        [`migrate-good.service.d/${dropIn}`]:
          '[Unit]\nAfter=multi-user.target\nJobTimeoutSec=20min\nJobTimeoutAction=reboot\n',
      }),
    });
  });
}

test('a target of the machine itself, asked for on the command line, has a limit, and the checks wait for it', () => {
  const files = generated('migrate.why=try systemd.unit=kiosk.target\n');
  assert.equal(files[`kiosk.target.d/${dropIn}`], gaveUp);
  assert.match(files[`migrate-good.service.d/${dropIn}`] ?? '', /^After=kiosk\.target$/m);
});

const names = [
  'migrate-good.service',
  'migrate-loader.service',
  'migrate-emergency.service',
  'migrate-watchdog.service',
  'migrate-host-keys.service',
];

test('systemd finds nothing wrong with the units, on trial too', () => {
  withDirectory((directory) => {
    const units = join(directory, 'units');
    mkdirSync(units);
    for (const name of names) {
      // The program is not on this machine.
      const text = readFileSync(join(initramfs, name), 'utf8').replaceAll('/usr/bin/migrate', '/bin/true');
      writeFileSync(join(units, name), text);
    }
    for (const [name, text] of Object.entries(generated('migrate.why=try'))) {
      if (name.endsWith('.service')) continue;
      mkdirSync(join(units, name, '..'), { recursive: true });
      writeFileSync(join(units, name), text);
    }
    mkdirSync(join(units, 'systemd-bless-boot.service.d'));
    copyFileSync(join(initramfs, 'bless-off-trial.conf'), join(units, 'systemd-bless-boot.service.d/50-migrate.conf'));
    const verify = (): string => {
      const named = names.map((name) => join(units, name));
      const targets = ['multi-user.target', 'boot-complete.target'];
      const { stdout, stderr, status } = spawnSync('systemd-analyze', ['verify', '--man=no', ...named, ...targets], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], SYSTEMD_UNIT_PATH: `${units}:` },
      });
      return `${status}\n${stdout}${stderr}`;
    };
    assert.equal(verify(), '0\n');
    // The oracle sees what is wrong.
    writeFileSync(join(units, 'migrate-good.service.d/60-wrong.conf'), '[Unit]\nJobTimeoutAction=reebot\n');
    assert.match(verify(), /reebot/);
  });
});

/** What a shipped check says where systemctl answers so. */
function checked(
  name: string,
  systemctl: string,
  commandLine = 'root=LABEL=ROOT rw',
): { readonly status: number | null; readonly stdout: string } {
  return withDirectory((directory) => {
    const programs = join(directory, 'bin');
    mkdirSync(programs);
    writeFileSync(join(programs, 'systemctl'), `#!/bin/sh\n${systemctl}\n`, { mode: 0o755 });
    writeFileSync(join(directory, 'cmdline'), `${commandLine}\n`);
    const script =
      'mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mkdir /run/systemd/system; ' +
      'mount --bind "$2/cmdline" /proc/cmdline; exec "$1"';
    const args = ['--mount', 'sh', '-euc', script, 'sh', join(initramfs, name), directory];
    const { status, stdout } = spawnSync('unshare', args, {
      encoding: 'utf8',
      env: { PATH: `${programs}:/usr/bin:/bin` },
    });
    return { status, stdout };
  });
}

const answers = (states: Readonly<Record<string, string>>, failed = ''): string => `
case "$*" in
  get-default) echo graphical.target ;;
  "show --property=ActiveState --value -- graphical.target") echo ${states['graphical'] ?? 'active'} ;;
  "show --property=ActiveState --value -- multi-user.target") echo active ;;
  "show --property=ActiveState --value -- kiosk.target") echo activating ;;
  "show --property=ActiveState --value -- boot-complete.target") echo ${states['complete'] ?? 'active'} ;;
  list-jobs*) printf '7 slow.service start running\\n8 migrate-good.service start running\\n9 x.service start waiting\\n' ;;
  list-units*) printf '${failed}' ;;
  *) exit 9 ;;
esac`;

test('10-boot passes where the boot came to its end, whatever failed besides', () => {
  const systemctl = answers({}, 'a.service loaded failed failed A\\n');
  assert.deepEqual(checked('check.d/required.d/10-boot', systemctl), { status: 0, stdout: '' });
});

test('10-boot fails where a target was not reached, with what is in the way', () => {
  const failed = 'a.service loaded failed failed A\\nb.mount loaded failed failed B\\n';
  assert.deepEqual(checked('check.d/required.d/10-boot', answers({ complete: 'inactive' }, failed)), {
    status: 1,
    stdout: `7 slow.service start running
8 migrate-good.service start running
9 x.service start waiting
not reached: boot-complete.target; still starting: slow.service; failed: a.service b.mount
`,
  });
  const both = checked('check.d/required.d/10-boot', answers({ complete: 'inactive', graphical: 'activating' }));
  assert.match(both.stdout, /\nnot reached: graphical\.target boot-complete\.target; still starting: slow\.service\n$/);
});

test('10-boot asks for the target that the kernel command line names, not for the default', () => {
  const without = answers({ graphical: 'inactive' });
  const boot = (commandLine: string): string => checked('check.d/required.d/10-boot', without, commandLine).stdout;
  for (const words of ['3', '2', 'systemd.unit=multi-user.target', '5 systemd.unit=multi-user.target * 4']) {
    assert.equal(boot(`root=LABEL=ROOT ${words} quiet`), '');
  }
  for (const words of [
    '',
    '5',
    'systemd.unit=',
    '3 systemd.unit=graphical.target',
    'x3',
    'rd.systemd.unit=multi-user.target',
  ]) {
    assert.match(boot(`root=LABEL=ROOT ${words} quiet`), /\nnot reached: graphical\.target; /);
  }
  assert.match(boot('systemd.unit=kiosk.target'), /\nnot reached: kiosk\.target; /);
});

test('10-boot fails where systemd does not answer', () => {
  assert.notEqual(checked('check.d/required.d/10-boot', 'exit 1').status, 0);
});

test('20-units names what failed', () => {
  const failed = answers({}, 'a.service loaded failed failed A\\n');
  assert.deepEqual(checked('check.d/wanted.d/20-units', failed), { status: 1, stdout: 'failed: a.service\n' });
  assert.deepEqual(checked('check.d/wanted.d/20-units', answers({})), { status: 0, stdout: '' });
});

test('host keys are made where there is none that is not empty', () => {
  const unit = readFileSync(join(initramfs, 'migrate-host-keys.service'), 'utf8');
  const condition = /^ExecCondition=\/bin\/sh -c '(.*)'$/m.exec(unit)?.[1] ?? assert.fail('no condition');
  assert.match(unit, /^ExecStartPost=\/usr\/bin\/sync -f \/etc\/ssh$/m);
  const areMissing = (files: Readonly<Record<string, string>>): boolean =>
    withDirectory((directory) => {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
      const script = 'mount --bind "$1" /etc/ssh; exec /bin/sh -c "$2"';
      const args = ['--mount', 'sh', '-euc', script, 'sh', directory, condition];
      return spawnSync('unshare', args).status === 0;
    });
  assert.ok(areMissing({}));
  assert.ok(areMissing({ ssh_host_rsa_key: '', 'ssh_host_rsa_key.pub': 'x', sshd_config: 'x' }));
  assert.equal(areMissing({ ssh_host_rsa_key: '', ssh_host_ed25519_key: 'x' }), false);
});
