import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const hook = readFileSync(join(import.meta.dirname, '../../initramfs/arm-watchdog.sh'), 'utf8');
const service = 'migrate-watchdog.service';

/** The machine, as far as the hook looks at it. */
type Machine = {
  /** The kernel command line. */
  readonly words: string;
  /** What wdctl says of a time of so many seconds; nothing where the watchdog is in use. */
  readonly says?: (seconds: string) => string;
  /** Whether the root has the unit that takes the watchdog over; masked, it is a link to nothing. */
  readonly unit?: 'enabled' | 'masked' | 'none';
  /** What lies at the top of the root. */
  readonly has?: '.autorelabel' | 'system-update' | 'etc/system-update';
  /** A character device, in the place of the watchdog. */
  readonly device?: string;
  /** What the kernel says of the watchdog; where it says nothing, null. */
  readonly kernel?: { readonly nowayout: string; readonly max_timeout: string } | null;
  readonly shell?: 'dash' | 'bash';
};

const usual = { nowayout: '0', max_timeout: '65535' };

/** What the hook asks of wdctl, and what it says then; the watchdog was opened where it says anything. */
function hooked(machine: Machine): string {
  const { words, says = (s) => `Timeout has been set to ${s} seconds.`, unit, has, device = '/dev/null' } = machine;
  const { kernel = usual, shell = 'dash' } = machine;
  const root = mkdtempSync(join(tmpdir(), 'arm-watchdog-'));
  try {
    const wants = join(root, 'usr/lib/systemd/system/multi-user.target.wants');
    mkdirSync(wants, { recursive: true });
    mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
    if (unit !== 'none') {
      writeFileSync(join(wants, '..', service), '');
      symlinkSync(`../${service}`, join(wants, service));
    }
    if (unit === 'masked') symlinkSync('/dev/null', join(root, 'etc/systemd/system', service));
    const facts = join(root, 'facts');
    mkdirSync(facts);
    for (const [name, value] of Object.entries(kernel ?? {})) writeFileSync(join(facts, name), `${value}\n`);
    if (has === '.autorelabel') writeFileSync(join(root, has), '');
    else if (has !== undefined) symlinkSync('/var/lib/none-there', join(root, has));
    const script = `
NEWROOT=${root}
getarg() {
    found=1
    for word in ${words}; do
        case $word in "$1") found=0 ;; "\${1%=}="*) value=\${word#*=}; found=0 ;; esac
    done
    [ "$found" = 0 ] || return 1
    case $1 in *=) echo "$value" ;; esac
}
wdctl() { echo "$*" >&3; cat <<END
${says(/rd\.migrate\.watchdog=(\S+)/.exec(words)?.[1] ?? '600')}
END
}
info() { echo "$*"; }
exec 3>&1
${hook.replaceAll('/dev/watchdog0', device).replaceAll('/sys/class/watchdog/watchdog0', facts)}
echo goes on`;
    const stdio = ['ignore', 'pipe', 'ignore'] as const;
    const lines = execFileSync(shell, ['-uc', script], { encoding: 'utf8', stdio: [...stdio] })
      .trim()
      .split('\n');
    assert.equal(lines.pop(), 'goes on');
    return lines.join('; ');
  } finally {
    rmSync(root, { recursive: true });
  }
}

const counts = (seconds: number): string =>
  `--settimeout ${seconds} /dev/null; migrate: the watchdog restarts this machine in ${seconds} seconds, unless its system takes it over`;

test('case 70: on trial the watchdog counts from before the init of the new root on', () => {
  assert.equal(hooked({ words: 'quiet migrate.why=try' }), counts(600));
  assert.equal(hooked({ words: 'migrate.why=try rd.migrate.watchdog=90' }), counts(90));
});

test('a boot that nobody counts, or at which somebody is at the console, has no watchdog set', () => {
  for (const words of ['quiet', 'migrate.why=stable', 'migrate.why=env-readonly']) assert.equal(hooked({ words }), '');
  for (const word of ['emergency', 'single', '1', 'systemd.unit=rescue.target', 'systemd.debug_shell=1'])
    assert.equal(hooked({ words: `migrate.why=try ${word}` }), '', word);
  assert.equal(hooked({ words: 'migrate.why=try rd.migrate.watchdog=0' }), '');
});

test('a root that would not take it over, or a machine without one, has none set', () => {
  for (const unit of ['none', 'masked'] as const) assert.equal(hooked({ words: 'migrate.why=try', unit }), '');
  assert.equal(hooked({ words: 'migrate.why=try', device: '/dev/none-there' }), '');
  assert.equal(hooked({ words: 'migrate.why=try', device: '/etc/passwd' }), '');
});

test('a system that does something else before it takes the watchdog over has none set', () => {
  for (const has of ['.autorelabel', 'system-update', 'etc/system-update'] as const)
    assert.equal(hooked({ words: 'migrate.why=try', has }), '', has);
});

test('a watchdog that is in use, or counts for another time than was asked for, stays as it is', () => {
  const asked = '--settimeout 600 /dev/null';
  assert.equal(hooked({ words: 'migrate.why=try', says: () => '' }), asked);
  assert.equal(hooked({ words: 'migrate.why=try', says: () => 'Timeout has been set to 60 seconds.' }), asked);
});

test('a watchdog that never stops, or cannot count for so long, is not opened: it would count by a time of its own', () => {
  const words = 'migrate.why=try';
  for (const kernel of [
    { ...usual, nowayout: '1' },
    { ...usual, max_timeout: '599' },
    { nowayout: '', max_timeout: '' },
    null,
  ])
    assert.equal(hooked({ words, kernel }), '', JSON.stringify(kernel));
  assert.equal(hooked({ words: `${words} rd.migrate.watchdog=soon` }), '');
  for (const most of ['0', '600'])
    assert.equal(hooked({ words, kernel: { ...usual, max_timeout: most } }), counts(600));
});

for (const shell of ['dash', 'bash'] as const) {
  test(`${shell}: a watchdog that does not open is not said to count, and the boot goes on`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'arm-watchdog-'));
    try {
      // There is no driver for a device of this number.
      const device = join(directory, 'node');
      execFileSync('mknod', [device, 'c', '511', '4095']);
      assert.equal(hooked({ words: 'migrate.why=try', device, shell }), `--settimeout 600 ${device}`);
      assert.equal(hooked({ words: 'migrate.why=try', shell }), counts(600));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

/** What a pattern of the command line begins with, as both write it. */
const wordsIn = (list: string | undefined, separator: string): readonly string[] =>
  (list ?? '')
    .replaceAll('\\\n', ' ')
    .split(separator)
    .map((word) => word.trim().replace(/\*$/, ''))
    .filter((word) => word !== '')
    .toSorted();

test('the words by which somebody is at the console are the same for the watchdog and for the limits of the boot', () => {
  const generator = readFileSync(join(import.meta.dirname, '../../initramfs/migrate-trial'), 'utf8');
  const patterns = [...generator.matchAll(/^ +([^#\n]*)\) exit 0 ;;$/gm)].map(([, list]) => list);
  const ofHook = wordsIn(/for migrate_word in ([^;]*);/.exec(hook)?.[1]?.replaceAll('\\\n', ' '), ' ');
  assert.ok(ofHook.includes('systemd.debug_shell=') && ofHook.includes('emergency'));
  assert.deepEqual(ofHook, wordsIn(patterns.join('|'), '|'));
});
