import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Item } from '../../../src/domain/item.ts';
import { type Answer, askFstab, type Question } from './ask-fstab.ts';

const base = `# /etc/fstab: static file system information.
LABEL=ROOT1 / ext4 defaults 0 1
LABEL=VAR /var ext4 defaults 0 2
`;
const theirs = base.replace('LABEL=ROOT1', 'UUID=2');

function ask(changes: Partial<Question>): Answer {
  return askFstab({ base, ours: base, theirs, ...changes });
}

function contentOf(changes: Partial<Question>): string | null {
  const { content, items } = ask(changes);
  assert.deepEqual(keysOf(items), []);
  return content;
}

function keysOf(items: readonly Item[]): string[] {
  return items.map(({ key, severity }) => `${severity} ${key}`);
}

/** One entry on each side, below a root that does not change. */
function entry(sides: { readonly base: string; readonly ours: string; readonly theirs: string }, answers = {}): Answer {
  const root = 'LABEL=R / ext4 ro 0 1\n';
  const { content, items } = askFstab({
    base: `${root}${sides.base}\n`,
    ours: `# mine\n${root}${sides.ours}\n`,
    theirs: `${root}${sides.theirs}\n`,
    answers,
  });
  assert.ok(content?.startsWith(`# mine\n${root}`) === true && content !== null);
  return { content: content.slice(`# mine\n${root}`.length).trimEnd(), items };
}

test('case 52: user mounts are kept in their place, and the root is the one of the new version', () => {
  const ours = `${base.replace('LABEL=VAR', '# the big disk\nLABEL=DATA /data xfs noatime,x-initrd.mount 0 0\n\nLABEL=VAR')}tmpfs /tmp tmpfs size=1G\n`;
  assert.equal(contentOf({ ours }), ours.replace('LABEL=ROOT1', 'UUID=2'));
});

test('case 52: options that were set here on the root are kept; device, type and subvolume are theirs', () => {
  const root = (line: string): string => `${line}\n`;
  const content = contentOf({
    base: root('UUID=1 / btrfs subvol=@v1,subvolid=256,compress=zstd 0 0'),
    ours: root('UUID=1\t/ btrfs noatime,subvol=@v1,subvolid=256,compress=zstd:9 0 0'),
    theirs: root('UUID=1 / btrfs subvol=@v2,compress=zstd 0 0'),
  });
  assert.equal(content, root('UUID=1\t/ btrfs noatime,subvol=@v2,compress=zstd:9 0 0'));
});

test('case 52: a subvolume that was set here for the root is of the old version', () => {
  const content = contentOf({
    base: 'LABEL=R / btrfs ro,subvol=@ 0 0\n',
    ours: 'LABEL=R / btrfs ro,subvol=@old,subvolid=256,noatime 0 0\n',
    theirs: 'LABEL=R / btrfs ro,subvol=@new 0 0\n',
  });
  assert.equal(content, 'LABEL=R / btrfs ro,subvol=@new,noatime 0 0\n');
});

test('case 52: an option that fits another type of filesystem only is not carried to the new root, and an item says so', () => {
  const { content, items } = ask({
    base: 'LABEL=R / ext4 errors=remount-ro 0 1\n',
    ours: 'LABEL=R / ext4 errors=remount-ro,noatime,data=journal 0 1\n',
    theirs: 'LABEL=R / btrfs subvol=@ 0 0\n',
  });
  assert.equal(content, 'LABEL=R / btrfs noatime,subvol=@ 0 0\n');
  assert.deepEqual(keysOf(items), ['warning fstab-entry:/']);
  assert.match(items[0]?.detail ?? '', /the options data, of the image, as it has another type/);
});

test('case 52: an image without an entry for the root gets none', () => {
  const ours = `${base}LABEL=DATA /data xfs ro\n`;
  const rest = 'LABEL=VAR /var ext4 defaults 0 2\nLABEL=DATA /data xfs ro\n';
  assert.equal(contentOf({ ours, theirs: '# none\nLABEL=VAR /var ext4 defaults 0 2\n' }), `# none\n${rest}`);
  const noatime = ours.replace('/ ext4 defaults', '/ ext4 noatime');
  const changed = ask({ base: '', ours: noatime, theirs: null });
  assert.equal(changed.content, `# /etc/fstab: static file system information.\n${rest}`);
  assert.deepEqual(keysOf(changed.items), ['info fstab-entry:/']);
  assert.match(changed.items[0]?.detail ?? '', /LABEL=ROOT1 \/ ext4 noatime 0 1$/);
});

test('case 52: an entry for the root that was deleted here is there again, above all others', () => {
  const ours = 'LABEL=VAR /var ext4 defaults 0 2\nLABEL=DATA /data xfs ro\n';
  assert.equal(
    contentOf({ ours })
      ?.split('\n')
      .filter((line) => !line.startsWith('#'))
      .join('\n'),
    `UUID=2 / ext4 defaults 0 1\n${ours}`,
  );
  const added = contentOf({ base: '', ours, theirs: 'LABEL=A /a ext4 ro\nUUID=2 / ext4 ro 0 1\n' });
  assert.equal(added, `UUID=2 / ext4 ro 0 1\n${ours}LABEL=A /a ext4 ro\n`);
});

test('case 52: /usr is of the image too: its entry is the new one, and without one it hides nothing', () => {
  const usr = 'LABEL=USR1 /usr erofs ro 0 0\n';
  const mine = '# mine\n';
  const updated = contentOf({
    base: usr,
    ours: mine + usr.replace(' ro', ' ro,x-initrd.mount'),
    theirs: usr.replaceAll('1', '2'),
  });
  assert.equal(updated, `${mine}LABEL=USR2 /usr erofs ro,x-initrd.mount 0 0\n`);
  const without = { base: '', ours: mine + usr, theirs: '' };
  assert.equal(ask(without).content, mine);
  assert.deepEqual(keysOf(ask(without).items), ['warning fstab-entry:/usr']);
  assert.equal(ask({ ...without, answers: { 'fstab-entry:/usr': 'keep' } }).content, mine + usr);
});

test('what theirs adds stands at its place; what it removed goes unless it was changed here', () => {
  const image = `${theirs.replace('LABEL=VAR', '# logs\nLABEL=LOG /log ext4 ro\nLABEL=VAR')}LABEL=TMP /scratch xfs ro\n`;
  const ours = `${base}LABEL=DATA /data xfs ro\n`;
  const lines = contentOf({ ours, theirs: image })?.split('\n').slice(1);
  assert.deepEqual(lines, [
    'UUID=2 / ext4 defaults 0 1',
    '# logs',
    'LABEL=LOG /log ext4 ro',
    'LABEL=VAR /var ext4 defaults 0 2',
    'LABEL=TMP /scratch xfs ro',
    'LABEL=DATA /data xfs ro',
    '',
  ]);
  const withoutVar = theirs.replace(/LABEL=VAR.*\n/, '');
  assert.doesNotMatch(contentOf({ ours, theirs: withoutVar }) ?? '', /VAR/);
  const kept = ask({ ours: ours.replace('/var ext4 defaults', '/var ext4 noatime'), theirs: withoutVar });
  assert.match(kept.content ?? '', /LABEL=VAR \/var ext4 noatime 0 2\n/);
  assert.deepEqual(keysOf(kept.items), ['info fstab-entry:/var']);
});

test('an entry of theirs goes above what mounts below it, wherever it stands there', () => {
  const ours = 'LABEL=R / ext4 ro\nLABEL=LOG /var/log ext4 ro\nLABEL=H /home ext4 ro\n';
  const image = 'LABEL=R / ext4 ro\nLABEL=H /home ext4 ro\nLABEL=VAR /var ext4 ro\n';
  assert.equal(
    contentOf({ base: 'LABEL=R / ext4 ro\nLABEL=H /home ext4 ro\n', ours, theirs: image }),
    'LABEL=R / ext4 ro\nLABEL=VAR /var ext4 ro\nLABEL=LOG /var/log ext4 ro\nLABEL=H /home ext4 ro\n',
  );
});

test('an entry that was deleted or commented out here stays deleted', () => {
  for (const ours of [base.replace(/LABEL=VAR.*\n/, ''), base.replace('LABEL=VAR', '#LABEL=VAR')]) {
    assert.equal(contentOf({ ours }), ours.replace('LABEL=ROOT1', 'UUID=2'));
    const changed = ask({ ours, theirs: theirs.replace('/var ext4', '/var xfs') });
    assert.equal(changed.content, ours.replace('LABEL=ROOT1', 'UUID=2'));
    assert.deepEqual(keysOf(changed.items), ['info fstab-entry:/var']);
  }
});

const entries: readonly (readonly [what: string, base: string, ours: string, theirs: string, result: string])[] = [
  [
    'both changed another field',
    'L=A /a ext4 ro 0 2',
    'L=B /a ext4 ro 0 2',
    'L=A /a ext4 rw 0 2',
    'L=B /a ext4 rw 0 2',
  ],
  [
    'options of both are united',
    'L=A /a ext4 ro 0 2',
    'L=A /a ext4 ro,noatime 0 2',
    'L=A /a ext4 nodev,ro 0 2',
    'L=A /a ext4 ro,noatime,nodev 0 2',
  ],
  [
    'the order of options stays',
    'L=A /a x a,b,c 0 0',
    'L=A /a x c,b,a 0 0',
    'L=A /a x a,b,d,c 0 0',
    'L=A /a x c,b,d,a 0 0',
  ],
  ['a removed option stays removed', 'L=A /a x a,b,c 0 0', 'L=A /a x a,c 0 0', 'L=A /a x a,b 0 0', 'L=A /a x a 0 0'],
  [
    'one word takes the place of another',
    'L=A /a x ro,a 0 0',
    'L=A /a x rw,a 0 0',
    'L=A /a x ro,a,noatime 0 0',
    'L=A /a x rw,a,noatime 0 0',
  ],
  [
    'what excludes each other is one',
    'L=A /a x relatime 0 0',
    'L=A /a x relatime,nofail 0 0',
    'L=A /a x noatime 0 0',
    'L=A /a x noatime,nofail 0 0',
  ],
  [
    'an option that may be repeated',
    'L=A /a x ro 0 0',
    'L=A /a x ro,x-systemd.after=a,x-systemd.after=b 0 0',
    'L=A /a x ro,x-systemd.after=c 0 0',
    'L=A /a x ro,x-systemd.after=c,x-systemd.after=a,x-systemd.after=b 0 0',
  ],
  [
    'a comma in quotes',
    'L=A /a x context="a,b",ro 0 0',
    'L=A /a x context="a,b",rw 0 0',
    'L=A /a x context="a,c",ro 0 0',
    'L=A /a x context="a,c",rw 0 0',
  ],
  ['no option is left', 'L=A /a x ro 0 0', 'L=A /a x ro,nodev 0 0', 'L=A /a x defaults 0 0', 'L=A /a x nodev 0 0'],
  ['short lines stay short', 'L=A /a x ro', 'L=A\t/a x ro,nodev', 'L=B /a x ro 0 0', 'L=B\t/a x ro,nodev'],
  [
    'a missing field is added for its value',
    'L=A /a x ro',
    'L=A /a x ro,nodev',
    'L=A /a x ro 0 2',
    'L=A /a x ro,nodev 0 2',
  ],
  ['five fields', 'L=A /a x ro 1', 'L=A /a x rw 1', 'L=B /a x ro 1', 'L=B /a x rw 1'],
  ['three fields', 'L=A /a x', 'L=A  /a x', 'L=B /a x', 'L=B  /a x'],
  [
    'blanks and quotes of ours',
    'LABEL=A /a x ro 0 0',
    'LABEL="A"   /a x ro 0 0',
    'LABEL=A /a x ro 0 2',
    'LABEL="A"   /a x ro 0 2',
  ],
  [
    'a blank in a name',
    'LABEL=A\\040B /my\\040a x ro',
    'LABEL=A\\040B /my\\040a x rw',
    'LABEL=A\\040C /my\\040a x ro',
    'LABEL=A\\040C /my\\040a x rw',
  ],
  ['a bind mount', '/x /a none bind', '/y /a none bind', '/x /a none bind,ro', '/y /a none bind,ro'],
  [
    'an overlay',
    'overlay /a overlay lowerdir=/l',
    'overlay /a overlay lowerdir=/l:/m',
    'overlay /a overlay lowerdir=/l,ro',
    'overlay /a overlay lowerdir=/l:/m,ro',
  ],
  [
    'swap',
    'UUID=s none swap sw 0 0',
    'UUID=s none swap sw,pri=5 0 0',
    'UUID=s none swap sw,nofail 0 0',
    'UUID=s none swap sw,nofail,pri=5 0 0',
  ],
  [
    'a subvolume that is not of the image',
    'L=A /h btrfs subvol=@h',
    'L=A /h btrfs subvol=@mine',
    'L=A /h btrfs subvol=@h,ro',
    'L=A /h btrfs subvol=@mine,ro',
  ],
  ['CRLF', 'L=A /a x ro 0 0\r', 'L=A /a x rw 0 0\r', 'L=B /a x ro 0 0\r', 'L=B /a x rw 0 0'],
  ['both alike', 'L=A /a x ro', 'L=B /a x rw', 'L=B  /a x rw', 'L=B /a x rw'],
];

for (const [what, b, o, t, expected] of entries) {
  test(`an entry is merged field by field: ${what}`, () => {
    const { content, items } = entry({ base: b, ours: o, theirs: t });
    assert.deepEqual([content, keysOf(items)], [expected, []]);
  });
}

const conflicts: readonly (readonly [what: RegExp, base: string, ours: string, theirs: string, taken: string])[] = [
  [
    /the device: here L=B x, in the image L=C y/,
    'L=A /a x ro 0 0',
    'L=B /a x ro 0 0',
    'L=C /a y nodev 0 0',
    'L=C /a y nodev 0 0',
  ],
  [
    /the options commit: here commit=5, in the image commit=9/,
    'L=A /a x ro',
    'L=A /a x commit=5',
    'L=A /a x commit=9',
    'L=A /a x commit=9',
  ],
  [
    /the order of checking: here 1, in the image 2/,
    'L=A /a x ro',
    'L=A /a x ro 0 1',
    'L=A /a x ro 0 2',
    'L=A /a x ro 0 2',
  ],
  [/the whole entry/, '', 'L=A /a x ro', 'L=B /a x ro', 'L=B /a x ro'],
];

for (const [what, b, o, t, taken] of conflicts) {
  test(`what both changed differently is ours, with an item, or theirs by choice: ${what.source}`, () => {
    const { content, items } = entry({ base: b, ours: o, theirs: t });
    assert.deepEqual(keysOf(items), ['warning fstab-entry:/a']);
    assert.match(items[0]?.detail ?? '', what);
    assert.match(content ?? '', /L=A \/a x (ro|commit=5)|L=B \/a x nodev 0 0/);
    assert.equal(entry({ base: b, ours: o, theirs: t }, { 'fstab-entry:/a': 'theirs' }).content, taken);
  });
}

test('case 52: an entry whose device is not there is an error, unless the system starts without it', () => {
  const rows = [
    ['UUID=gone /data xfs ro', 'error fstab-device:/data', 'boot'],
    ['/dev/sdz1 /data xfs ro,x-initrd.mount', 'error fstab-device:/data', 'boot'],
    ['LABEL="gone" /data xfs ro,nofail', 'info fstab-device:/data', 'nothing'],
    ['PARTUUID=gone /data xfs noauto', 'info fstab-device:/data', 'nothing'],
    ['LABEL=gone /data xfs _netdev', 'info fstab-device:/data', 'nothing'],
    ['UUID=gone none swap sw', 'warning fstab-device:UUID=gone', 'nothing'],
  ] as const;
  for (const [line, key, blocks] of rows) {
    const { items, content } = ask({ ours: `${base}${line}\n`, devices: ['LABEL=VAR'] });
    assert.deepEqual([keysOf(items), items[0]?.blocks], [[key], blocks], line);
    assert.ok(content?.endsWith(`${line}\n`), 'it stays by default');
  }
});

test('what is no device, belongs to the image or comes later is not missed', () => {
  const lines = [
    'tmpfs /t tmpfs ro',
    'host:/x /n nfs ro',
    '//host/x /s cifs ro',
    '/srv/x /b none bind',
    'pool/x /z zfs ro',
    '/swapfile none swap sw',
    '/dev/zram0 none swap sw',
    '/dev/mapper/secret /c ext4 ro',
    'LABEL=VAR2 /v ext4 ro',
  ];
  const ours = `${base}${lines.join('\n')}\n`;
  const { items } = ask({ ours, devices: ['LABEL=VAR', 'LABEL=VAR2'], crypttab: '# x\nsecret UUID=1 none luks\n' });
  assert.deepEqual(keysOf(items), []);
  assert.deepEqual(keysOf(ask({ ours, devices: ['LABEL=VAR', 'LABEL=VAR2'] }).items), ['error fstab-device:/c']);
});

test('an answer on a missing device adds nofail, or leaves the entry out but not its comments', () => {
  const ours = `${base}# big\nUUID=gone /data xfs defaults 0 2\n`;
  const answered = (resolution: string): string | null =>
    ask({ ours, devices: ['LABEL=VAR'], answers: { 'fstab-device:/data': resolution } }).content;
  const start = theirs;
  assert.equal(answered('keep'), `${start}# big\nUUID=gone /data xfs defaults 0 2\n`);
  assert.equal(answered('nofail'), `${start}# big\nUUID=gone /data xfs nofail 0 2\n`);
  assert.equal(answered('drop'), `${start}# big\n`);
});

test('comments are merged with the entry below them, and lines that are no entries are kept', () => {
  const ours = base.replace('LABEL=VAR', '# mine\nno entry\n\nLABEL=VAR').concat('# end\n');
  const image = theirs.replace('# /etc/fstab', '# See fstab(5)\n# /etc/fstab');
  assert.equal(
    contentOf({ ours, theirs: image }),
    ours.replace('# /etc', '# See fstab(5)\n# /etc').replace('LABEL=ROOT1', 'UUID=2'),
  );
});

test('a last line without an end gets one where something follows it, and not elsewhere', () => {
  const short = 'L=R / x ro\nL=A /a x ro';
  assert.equal(
    contentOf({ base: short, ours: `# mine\n${short}`, theirs: `${short}\nL=B /b x ro` }),
    `# mine\n${short}\nL=B /b x ro`,
  );
  assert.equal(contentOf({ base: short, ours: `# mine\n${short}`, theirs: short }), `# mine\n${short}`);
  const dropped = contentOf({ base: short, ours: `${short}\nL=C /c x ro\n`, theirs: 'L=R / x ro\n' });
  assert.equal(dropped, 'L=R / x ro\nL=C /c x ro\n', 'ours did not change the entry above the one that it added');
});

test('the source of an entry without a mount point is not taken for a mount point', () => {
  const ours = `${base}LABEL=B /swap ext4 ro\n`;
  const { content } = ask({ ours, theirs: `${base}/swap none swap sw\nLABEL=C /swap ext4 ro\n` });
  assert.deepEqual(content?.match(/ \/swap /g), [' /swap '], 'mounted once');
  assert.match(content ?? '', /^LABEL=B \/swap ext4 ro\n/m);
  assert.match(content ?? '', /^\/swap none swap sw\n/m);
});

test('a file of more entries than any machine has costs no time here, and is merged by lines', () => {
  const many = (count: number, option: string): string =>
    Array.from({ length: count }, (_, index) => `LABEL=A${index} /a/${index} ext4 ${option}\n`).join('');
  const sides = (count: number) => ({
    base: many(count, 'ro'),
    ours: many(count, 'rw'),
    theirs: many(count, 'ro,nodev'),
  });
  assert.equal(ask(sides(1000)).content, many(1000, 'rw,nodev'));
  assert.equal(ask(sides(1001)).content, null);
});

test('nothing is decided where ours was not changed, is no file, or another strategy is named', () => {
  assert.equal(ask({}).content, null);
  assert.equal(ask({ ours: null }).content, null);
  assert.equal(ask({ ours: `${base}#\n`, strategy: 'merge' }).content, null);
});
