import assert from 'node:assert/strict';
import { isOfImage, mergeFstab, textOfFstab } from '../../src/merge/fstab/merge-fstab.ts';
import { type Block, type Fstab, parseFstab, textOfLine } from '../../src/merge/fstab/parse-fstab.ts';
import { askFstab } from '../merge/fstab/ask-fstab.ts';
import { fuzz } from './fuzz.ts';

/** Between the files of base, ours and theirs. */
const separator = '\x1e';

const image =
  '# <file system> <mount point> <type> <options> <dump> <pass>\nLABEL=V1 / ext4 rw,errors=remount-ro 0 1\nLABEL=swap none swap sw 0 0\n';
const installed =
  '# / was on /dev/vda1 during installation\nUUID=a-b / btrfs defaults,subvol=@v1 0 0\n\n#/dev/sdb1 /mnt auto noauto\n/dev/vdb1\t/srv/a\\040b\text4\tnofail,x-systemd.requires=/x 0 2\ntmpfs /tmp tmpfs size=1G\n';

fuzz({
  name: 'an fstab',
  longest: 800,
  seeds: [
    [image, `${image}/dev/vdb1 /home xfs noatime 0 2 # mine\n`, image.replace('V1', 'V2')].join(separator),
    [installed, installed.replace('nofail,', ''), `${installed}tmpfs /run/x tmpfs rw 0 0`].join(separator),
    ['', 'LABEL="x" /usr ext4 ro\r\nh:/x /srv nfs _netdev', 'proc /proc proc defaults 0 0\n'].join(separator),
  ],
  words: [
    separator,
    '\n',
    '\r\n',
    '\t',
    ' ',
    '#',
    '\\040',
    '\\040(2)',
    '\\134',
    '\\000',
    '/',
    '/usr',
    ' / ext4 ro\n',
    'LABEL=x /srv ext4 ro 0 2\n',
    '/dev/vda1 none swap sw\n',
    ',',
    '"',
    '\\',
    'subvol=@b',
    'nofail',
    'noatime',
    'x-a=1,x-a=2',
    '\0',
    '\xff',
    '\xa0',
    '/..',
    '//',
    '/.',
  ],
  attempt(input) {
    const [base = '', ours = '', theirs = ''] = input.split(separator);
    for (const text of [base, ours, theirs]) assert.equal(textOfFstab(parseFstab(text)), text, 'nothing is lost');
    checkUnchangedImage(base, ours);
    const { content, items } = askFstab({ base, ours, theirs });
    if (content === null) return 'left';
    const result = parseFstab(content);
    checkReadsAsMerged({ base, ours, theirs });
    checkPlaces(result, [parseFstab(ours), parseFstab(theirs)]);
    // Entries of one subject are told apart by their order alone, which merging may change.
    if (![base, ours, theirs].some((text) => hasRepeated(parseFstab(text)))) {
      const again = askFstab({ base: theirs, ours: content, theirs }).content ?? theirs;
      assert.equal(again, content, 'merged again with the same image it stays as it is');
    }
    return `${items.map(({ key }) => key.split(':')[0]).join(' ')} ${result.blocks.length}`;
  },
});

/** Where the image did not change, ours stays but for the entries of the image's own places. */
function checkUnchangedImage(base: string, ours: string): void {
  const { content } = askFstab({ base, ours, theirs: base });
  if (content === null) return;
  assert.deepEqual(own(parseFstab(content)), own(parseFstab(ours)), 'every entry of ours is there');
}

function own({ blocks }: Fstab): string[] {
  return blocks.filter((block) => !isOfImage(block)).map(trimmedLine);
}

function trimmedLine({ line }: Block): string {
  return textOfLine(line).replace(/[ \t\r\n]+$/, '');
}

function checkReadsAsMerged({ base, ours, theirs }: Record<'base' | 'ours' | 'theirs', string>): void {
  const sides = { base: parseFstab(base), ours: parseFstab(ours), theirs: parseFstab(theirs) };
  const { fstab } = mergeFstab(sides, { theirs: new Set(), keep: new Set() });
  const read = parseFstab(textOfFstab(fstab));
  assert.deepEqual(read.blocks.map(trimmedLine), fstab.blocks.map(trimmedLine), 'what is written reads the same');
}

function hasRepeated({ blocks }: Fstab): boolean {
  return blocks.some(({ key }) => key.endsWith(')'));
}

/** No mount point is there more often than on a side. */
function checkPlaces(result: Fstab, sides: readonly Fstab[]): void {
  const most = new Map<string, number>();
  for (const side of sides) {
    for (const [place, count] of places(side)) most.set(place, Math.max(count, most.get(place) ?? 0));
  }
  for (const [place, count] of places(result))
    assert.ok(count <= (most.get(place) ?? 0), `${place} is there ${count} times`);
}

function places({ blocks }: Fstab): Map<string, number> {
  const groups = Map.groupBy(blocks, ({ mountPoint }) => mountPoint ?? '');
  groups.delete('');
  return new Map([...groups].map(([place, all]) => [place, all.length]));
}
