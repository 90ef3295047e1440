import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteString } from '../../src/domain/bytes.ts';
import { mergeLines } from '../../src/merge/merge-lines.ts';
import { debianSettings } from './conffiles/debian-settings.ts';
import { type Edit, edited, edits, manyEdits } from './conffiles/edits.ts';
import { mergeWithGit } from './text/git-results.ts';

type Triple = {
  readonly name: string;
  readonly base: ByteString;
  readonly ours: ByteString;
  readonly theirs: ByteString;
};
type Tally = { readonly clean: number; readonly conflict: number };

const settings = await debianSettings();
const changed = settings.filter(({ bookworm, trixie }) => bookworm !== trixie);

/** The triples of files that Debian changed, after an edit here. */
function triplesOf(edit: Edit, reshape: (text: ByteString) => ByteString = (text) => text): Triple[] {
  return changed.flatMap(({ path, bookworm, trixie }) => {
    const ours = edited(bookworm, edit);
    if (ours === null || ours === trixie) return [];
    const name = `${path}: ${edit.name}`;
    return [{ name, base: reshape(bookworm), ours: reshape(ours), theirs: reshape(trixie) }];
  });
}

/** Merges each as `strategy=merge` does and as git does, which must be the same. */
async function compare(triples: readonly Triple[]): Promise<Tally> {
  const expected = await mergeWithGit(triples.map(({ base, ours, theirs }) => ({ base, ours, theirs })));
  let clean = 0;
  for (const [index, { name, ...sides }] of triples.entries()) {
    const outcome = mergeLines.decide(sides);
    const git = expected[index] ?? null;
    assert.equal(outcome.kind, git === null ? 'undecided' : 'merged', name);
    if (outcome.kind === 'merged') assert.ok(outcome.content === git, `${name}: other bytes`);
    clean += git === null ? 0 : 1;
  }
  return { clean, conflict: triples.length - clean };
}

test('the files are those of known packages, and enough of them differ between two releases', () => {
  const paths = changed.map(({ path }) => path);
  const known = ['/etc/sudo.conf', '/etc/nginx/nginx.conf', '/etc/lvm/lvm.conf', '/etc/systemd/logind.conf'];
  for (const path of [...known, '/etc/squid/squid.conf', '/etc/ssh/ssh_config', '/usr/share/openssh/sshd_config']) {
    assert.ok(paths.includes(path), path);
  }
  assert.ok(changed.length >= 60, `${changed.length} files`);
});

test('case 29: real settings with realistic edits merge as git merge-file merges them', async (t) => {
  const tally = await compare([...edits, manyEdits].flatMap((edit) => triplesOf(edit)));
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.clean > 1000 && tally.conflict > 50, JSON.stringify(tally));
});

test('case 29: an edit of the very lines that the new release changed is a conflict where git sees one', async (t) => {
  const triples = changed.flatMap(({ path, bookworm, trixie }) => {
    const kept = new Set(trixie.split('\n'));
    const touched: Edit = {
      name: 'edit what the release changed',
      apply: (lines) => {
        const place = lines.findIndex((line) => !kept.has(line));
        return place === -1 ? null : lines.with(place, `${lines[place]} mine`);
      },
    };
    const ours = edited(bookworm, touched);
    return ours === null ? [] : [{ name: `${path}: ${touched.name}`, base: bookworm, ours, theirs: trixie }];
  });
  const tally = await compare(triples);
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.conflict > 40, JSON.stringify(tally));
});

test('case 29: a file that misses its final newline on one side or all merges as git merges it', async (t) => {
  const cut = (text: ByteString): ByteString => text.replace(/\n$/, '');
  const all = triplesOf(manyEdits, cut);
  const oursOnly = triplesOf(manyEdits).map((triple) => ({ ...triple, ours: cut(triple.ours) }));
  const theirsOnly = triplesOf(manyEdits).map((triple) => ({ ...triple, theirs: cut(triple.theirs) }));
  const tally = await compare([...all, ...oursOnly, ...theirsOnly]);
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.clean > 50 && tally.conflict > 50, JSON.stringify(tally));
});

test('case 29: CRLF on all sides is part of the lines; on ours alone every line was changed', async (t) => {
  const crlf = (text: ByteString): ByteString => text.replaceAll('\n', '\r\n');
  const all = await compare(triplesOf(manyEdits, crlf));
  const oursOnly = await compare(triplesOf(manyEdits).map((triple) => ({ ...triple, ours: crlf(triple.ours) })));
  t.diagnostic(JSON.stringify({ all, oursOnly }));
  assert.ok(all.clean > 20 && oursOnly.clean === 0, JSON.stringify({ all, oursOnly }));
});

test('case 29: a line of 1 MB among others merges as git merges it', async () => {
  const long = (byte: string): string => `data = ${byte.repeat(2 ** 20)}`;
  const lines = (middle: string, last: string): string => `a\nb\nc\n${middle}\nd\ne\n${last}\n`;
  const base = lines(long('x'), 'f');
  const tally = await compare([
    { name: 'kept', base, ours: `mine\n${base}`, theirs: lines(long('x'), 'F') },
    { name: 'changed by one', base, ours: lines(long('y'), 'f'), theirs: lines(long('x'), 'F') },
    { name: 'changed by both', base, ours: lines(long('y'), 'f'), theirs: lines(long('z'), 'F') },
  ]);
  assert.deepEqual(tally, { clean: 2, conflict: 1 });
});

test('case 29: a file of 50,000 lines, changed in hundreds of places on both sides, merges as git merges it', async () => {
  const lines = Array.from({ length: 50_000 }, (_, index) =>
    index % 7 === 0 ? '#' : `address=/host${index}.example/10.0.0.1`,
  );
  const every = (step: number, from: number, mark: string): string =>
    `${lines.map((line, index) => (index % step === from ? `${line} ${mark}` : line)).join('\n')}\n`;
  const base = `${lines.join('\n')}\n`;
  const started = performance.now();
  const tally = await compare([
    { name: 'apart', base, ours: every(100, 20, 'ours'), theirs: every(100, 70, 'theirs') },
    { name: 'some the same', base, ours: every(101, 20, 'ours'), theirs: every(103, 70, 'theirs') },
    { name: 'cut and grown', base, ours: base.slice(base.length / 3), theirs: `${base}${every(90, 1, 'more')}` },
  ]);
  assert.deepEqual([tally.clean > 0, tally.conflict > 0], [true, true], JSON.stringify(tally));
  assert.ok(performance.now() - started < 20_000, 'in seconds, not minutes');
});
