import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { renderConfiguration } from '../../../src/boot/grub/configuration.ts';
import { renderMenu, startFilesIn, versionsIn } from '../../../src/boot/grub/menu.ts';
import { kernelWords } from '../../../src/boot/grub/script.ts';
import { entryOf, menu } from './menus.ts';

const place = { path: '/migrate' };

test('GRUB takes every menu for a script', () => {
  const menus = [
    menu,
    { ...menu, trial: null },
    { ...menu, recovery: [] },
    { ...menu, entries: [entryOf('v1', { initrds: [] })] },
    { ...menu, entries: [entryOf('v1', { title: `it's "odd" $root {};\n\x1b[31m \\` })] },
    { ...menu, entries: [entryOf('v1', { kernel: "/a b/$c'd/linux" })] },
    { ...menu, entries: [entryOf('v1', { commandLine: 'a="b c" d=$e;{} f&g' })] },
    { ...menu, entries: [entryOf('v1', { commandLine: '' })] },
    { ...menu, entries: Array.from({ length: 30 }, (_, index) => entryOf(`v${index}`)) },
  ];
  for (const each of menus) for (const path of ['/migrate', '/', "/a b'c"]) checkScript(renderMenu(each, { path }));
  checkScript(renderConfiguration({ uuid: 'A1B2-C3D4', path: "/a b'c" }));
});

test('the files by which a menu starts versions are told from those of repairs', () => {
  const kernel = "/a b/$c'd/ü/linux";
  const own = { ...entryOf('v1', { title: 'Previous', kernel: '/previous/linux', initrds: ['/previous/initrd'] }) };
  const rendered = renderMenu({ ...menu, entries: [entryOf('v1', { kernel })], recovery: [own] }, place);
  const trial = ['/migrate/versions/v2/linux', '/migrate/versions/v2/initrd'];
  assert.deepEqual(
    [...startFilesIn(rendered)].toSorted(),
    [kernel, '/migrate/versions/v1/initrd', ...trial].toSorted(),
  );
  assert.deepEqual(startFilesIn(''), new Set());
});

test('the check of scripts finds what is none', () => {
  assert.throws(() => checkScript("menuentry it's { linux"));
});

test('a menu without its good version, with one twice, or with an id that is none is refused', () => {
  for (const wrong of [
    { ...menu, good: 'v9' },
    { ...menu, entries: [] },
    { ...menu, entries: [entryOf('v1'), entryOf('v1')] },
    { ...menu, entries: [entryOf('v1'), entryOf("v'; halt")] },
    { ...menu, trial: entryOf('v 2') },
    { ...menu, recovery: [entryOf('')] },
  ]) {
    assert.throws(() => renderMenu(wrong, place), { code: 'loader-menu' });
  }
});

test('a version starts without a password where others are asked for one, and a repair does not', () => {
  const entries = renderMenu(menu, place).match(/^ *(?:menuentry|submenu) .*$/gm) ?? [];
  assert.deepEqual(
    entries.map((line) => [/--id '?([^ ']*)/.exec(line)?.[1], line.includes(' --unrestricted ')]),
    [
      ['migrate-trial', true],
      ['migrate-version-v1', true],
      ['migrate-version-v0', true],
      ['migrate-recovery', false],
      ['migrate-recovery-1', false],
    ],
  );
});

test('the versions of a menu are found in its text', () => {
  assert.deepEqual(versionsIn(renderMenu(menu, place)), ['v1', 'v0']);
});

test('words of a command line reach the kernel as they are, or are refused', () => {
  assert.equal(kernelWords('root=UUID=1  rw\tx="a b"'), "'root=UUID=1' 'rw' 'x=a b'");
  assert.equal(kernelWords(' "y=a b" z=$q;{}'), "'y=a b' 'z=$q;{}'");
  assert.equal(kernelWords(''), '');
  for (const wrong of ['a\\x20b', "it's", 'open="quote', 'x="a\nb"']) {
    assert.throws(() => kernelWords(wrong), { code: 'loader-command-line' }, wrong);
  }
});

function checkScript(text: string): void {
  execFileSync('grub-script-check', [], { input: Buffer.from(text, 'latin1'), stdio: ['pipe', 'pipe', 'pipe'] });
}
