import assert from 'node:assert/strict';

/** What patch(1) makes of a content by a unified diff, if every line of it fits exactly. */
export function patched(content: string, diff: string): string {
  const old = content.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const lines = (diff.match(/[^\n]*\n/g) ?? []).slice(2);
  const out: string[] = [];
  let at = 0;
  for (const [index, line] of lines.entries()) {
    const mark = line[0];
    if (mark === '\\') continue;
    if (mark === '@') {
      const [, start, count = '1'] = /^@@ -(\d+)(?:,(\d+))? /.exec(line) ?? [];
      const from = Number(start) - (count === '0' ? 0 : 1);
      assert.ok(from >= at, 'hunks are in order');
      out.push(...old.slice(at, from));
      at = from;
      continue;
    }
    const text = lines[index + 1]?.startsWith('\\') === true ? line.slice(1, -1) : line.slice(1);
    if (mark !== '+') assert.equal(old[at++], text, 'a line that is kept or goes is there');
    if (mark !== '-') out.push(text);
  }
  return [...out, ...old.slice(at)].join('');
}
