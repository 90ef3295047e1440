import assert from 'node:assert/strict';
import { type Conflict, type MergedText, mergeText } from '../../src/merge/text/merge-text.ts';
import { unifiedDiff } from '../../src/merge/text/unified-diff.ts';
import { fuzz } from './fuzz.ts';
import { patched } from './patched.ts';

/** Between base, ours and theirs. */
const separator = '\x1e';
const list = 'a\nb\nc\n\nd\ne\n\nf\n}\n\n}\n';
/** Lines between the two halves of a file, found nowhere else. */
const middle = 'm1\nm2\nm3\nm4\n';

fuzz({
  name: 'a text merge',
  longest: 400,
  seeds: [
    [list, list.replace('b\n', 'B\n'), list.replace('e\n', 'e2\ne3\n')].join(separator),
    [list, `${list}end`, list.replaceAll('\n', '\r\n')].join(separator),
    ['one\r\ntwo\r\n', 'one\r\ntwo', 'zero\none\r\ntwo\r\n'].join(separator),
    ['a\0b\n\xff\n', 'a\0b\n', '\xff\n'].join(separator),
  ],
  words: [separator, '\n', '\r\n', '\r', '\0', '\xff', 'a\n', 'b\n', '}\n\n', 'a\nb\nc\n', '<<<<<<< ', '\\ No newline'],
  attempt(input) {
    const [base = '', ours = '', theirs = ''] = input.split(separator);
    const merged = mergeText(base, ours, theirs);
    checkTurned(merged, mergeText(base, theirs, ours));
    assert.deepEqual(mergeText(base, ours, base), { kind: 'merged', content: ours });
    assert.deepEqual(mergeText(base, base, theirs), { kind: 'merged', content: theirs });
    assert.deepEqual(mergeText(base, ours, ours), { kind: 'merged', content: ours });
    checkHalves(base, ours, theirs);
    assert.equal(patched(base, unifiedDiff(base, ours, { fromName: 'a', toName: 'b' })), ours, 'the diff leads there');
    if (merged.kind === 'conflict') {
      checkConflicts(merged.conflicts, { base, ours, theirs });
      return `conflict ${merged.conflicts.map((one) => one.base.lines.length).join()}`;
    }
    const known = new Set([base, ours, theirs].flatMap(linesOf));
    for (const line of linesOf(merged.content)) assert.ok(known.has(line), `${JSON.stringify(line)} is of no side`);
    return `merged ${linesOf(merged.content).length}`;
  },
});

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Neither side comes first. */
function checkTurned(merged: MergedText, turned: MergedText): void {
  const back: MergedText =
    turned.kind === 'merged'
      ? turned
      : {
          kind: 'conflict',
          conflicts: turned.conflicts.map((one) => ({ ...one, ours: one.theirs, theirs: one.ours })),
        };
  assert.deepEqual(back, merged, 'with the sides in the other order it is the same');
}

/** Changes of different halves of a file never meet. */
function checkHalves(base: string, ours: string, theirs: string): void {
  const [first, last] = [marked(base, '1'), marked(base, '2')];
  const [changedFirst, changedLast] = [marked(ours, '1'), marked(theirs, '2')];
  const merged = mergeText(first + middle + last, changedFirst + middle + last, first + middle + changedLast);
  assert.deepEqual(merged, { kind: 'merged', content: changedFirst + middle + changedLast }, 'halves are merged apart');
}

function marked(text: string, mark: string): string {
  return linesOf(text)
    .map((line) => `${mark}${line.endsWith('\n') ? line : `${line}\n`}`)
    .join('');
}

/** What a conflict says stands where it says. */
function checkConflicts(conflicts: readonly Conflict[], sides: Record<'base' | 'ours' | 'theirs', string>): void {
  for (const side of ['base', 'ours', 'theirs'] as const) {
    const lines = linesOf(sides[side]);
    let from = 0;
    for (const { [side]: part } of conflicts) {
      const start = part.start - 1;
      assert.ok(start >= from, 'conflicts are in order');
      assert.deepEqual(lines.slice(start, start + part.lines.length), part.lines);
      from = start + part.lines.length;
    }
  }
  for (const { ours, theirs } of conflicts) assert.notDeepEqual(ours.lines, theirs.lines);
}
