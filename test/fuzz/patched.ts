import assert from 'node:assert/strict';

/** What patch(1) makes of a content by a unified diff, if every line of it fits exactly. */
export function patched(content: string, diff: string): string {
  const old = content.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  for (const { mark, text } of markedLines(diff)) {
    if (mark === '@') {
      const from = startOf(text);
      assert.ok(from >= at, 'hunks are in order');
      out.push(...old.slice(at, from));
      at = from;
      continue;
    }
    if (mark !== '+') assert.equal(old[at++], text, 'a line that is kept or goes is there');
    if (mark !== '-') out.push(text);
  }
  return [...out, ...old.slice(at)].join('');
}

/** The lines below the header, without the end of those that have none in the file. */
function markedLines(diff: string): { mark: string; text: string }[] {
  const lines = (diff.match(/[^\n]*\n/g) ?? []).slice(2);
  return lines.flatMap((line, index) => {
    if (line.startsWith('\\')) return [];
    const isCut = lines[index + 1]?.startsWith('\\') === true;
    return [{ mark: line.charAt(0), text: isCut ? line.slice(1, -1) : line.slice(1) }];
  });
}

/** How many lines stand before a hunk, by what follows its first `@`. */
function startOf(range: string): number {
  const [, start, count = '1'] = /^@ -(\d+)(?:,(\d+))? /.exec(range) ?? [];
  return Number(start) - (count === '0' ? 0 : 1);
}
