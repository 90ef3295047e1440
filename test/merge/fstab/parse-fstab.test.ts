import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unescapeField } from '../../../src/domain/fstab.ts';
import { textOfFstab } from '../../../src/merge/fstab/merge-fstab.ts';
import { fieldOf, parseFstab, sourceOf, textOfLine, withField } from '../../../src/merge/fstab/parse-fstab.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { seededRandom } from '../text/random.ts';

const lines = [
  'LABEL=A /a ext4',
  'LABEL=A /a ext4 defaults',
  'LABEL=A /a',
  'LABEL=A /a ext4 defaults 0 0 more',
  'LABEL=A /a ext4 defaults 0 0 # more',
  'LABEL=A /a ext4 defaults # more',
  'LABEL=A /a ext4 defaults 0 # more',
  'LABEL=A /a ext4 defaults 0 x',
  'LABEL=A\\040B\t/a\\040b ext4 defaults 0 2\r',
  'LABEL=A /a ext4 defaults\r',
  'LABEL=A /a ext4 context="a,b",ro 0 2  ',
  '  LABEL=A  \t /a ext4 ro 0 2',
  'UUID=x none swap sw',
  '# LABEL=A /a ext4 ro 0 0',
  '\t#x',
  '',
  '   ',
  'LABEL=#A /a ext4 ro 1 2',
  'tmpfs /tmp tmpfs size=50%,mode=1777 0 0',
];

/** What mount(8) reads, by the library that it uses: a line an entry. */
function readByFindmnt(file: string): string[][] {
  const columns = ['--noheadings', '--json', '--output', 'SOURCE,TARGET,FSTYPE,OPTIONS,FREQ,PASSNO'];
  const text = execFileSync('findmnt', ['--tab-file', file, '--list', ...columns], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { filesystems } = JSON.parse(text) as { filesystems: Record<string, string | number | null>[] };
  return filesystems.map((row) => Object.values(row).map((value) => String(value ?? '')));
}

function readByUs(content: string): string[][] {
  return parseFstab(content).blocks.map(({ line }) => [
    unescapeField(line.fields[0] ?? ''),
    unescapeField(line.fields[1] ?? ''),
    line.fields[2] ?? '',
    line.fields[3] ?? '',
    fieldOf(line, 4),
    fieldOf(line, 5),
  ]);
}

test('case 52: entries are those that mount(8) reads, whatever stands between them', async () => {
  await withFilesystem('tmpfs', (mountpoint) => {
    const random = seededRandom(52);
    for (let round = 0; round < 40; round += 1) {
      const chosen = Array.from({ length: 8 }, () => random.pick(lines));
      const content = `LABEL=Z /z ext4 ro 0 0\n${chosen.join('\n')}${random.chance(0.5) ? '' : '\n'}`;
      const file = join(mountpoint, 'fstab');
      writeFileSync(file, content);
      assert.deepEqual(readByUs(content), readByFindmnt(file), JSON.stringify(content));
    }
  });
});

test('every byte of a file is in its parts', () => {
  const content = `${lines.join('\n')}\n\n# end\0\xff`;
  assert.equal(textOfFstab(parseFstab(content)), content);
  assert.equal(textOfFstab(parseFstab('')), '');
});

test('an entry is known by its mount point in plain form, or by its source', () => {
  const content = [
    'LABEL=A //a/./b/ ext4 ro',
    'LABEL=B /a/b ext4 ro',
    'UUID="x" none swap sw',
    '/swap swap swap sw',
    'LABEL=R / ext4 ro',
  ].join('\n');
  assert.deepEqual(
    parseFstab(content).blocks.map(({ key, mountPoint }) => [key, mountPoint]),
    [
      ['/a/b', '/a/b'],
      ['/a/b (2)', '/a/b'],
      ['UUID=x', null],
      ['/swap without a mount point', null],
      ['/', '/'],
    ],
  );
});

test('a field that is set leaves all others and the blanks as they are, and adds those before it', () => {
  const [block] = parseFstab('  LABEL="A"\t/a   ext4  # no\nLABEL=A\t/a\text4\n').blocks;
  assert.ok(block !== undefined);
  assert.equal(sourceOf(block.line), 'LABEL=A');
  assert.equal(block.leading, '  LABEL="A"\t/a   ext4  # no\n', 'a line that mount(8) refuses is no entry');
  assert.equal(textOfLine(withField(block.line, 5, '0')), 'LABEL=A\t/a\text4\n');
  assert.equal(textOfLine(withField(block.line, 5, '2')), 'LABEL=A\t/a\text4\tdefaults\t0\t2\n');
  assert.equal(textOfLine(withField(block.line, 3, 'ro')), 'LABEL=A\t/a\text4\tro\n');
});
