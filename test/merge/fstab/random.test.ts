import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFstab } from '../../../src/merge/fstab/parse-fstab.ts';
import { type Random, seededRandom } from '../text/random.ts';
import { askFstab } from './ask-fstab.ts';

const sources = ['LABEL=A', 'UUID=1', '/dev/vda1', 'tmpfs', 'LABEL="B"', 'h:/x'];
const targets = ['/', '/usr', '/var', '/var/log', '/home', '/a\\040b', 'none', '/srv/'];
const types = ['ext4', 'btrfs', 'xfs', 'swap'];
const options = ['ro', 'rw', 'noatime', 'nofail', 'subvol=@a', 'subvol=@b', 'x-initrd.mount', 'commit=5', 'commit=9'];
const others = ['# a comment', '', '   ', 'no entry', '#/dev/vda9 /x ext4 ro', '# é'];

function randomLine(random: Random): string {
  if (random.chance(0.3)) return random.pick(others);
  const words = [random.pick(sources), random.pick(targets), random.pick(types), randomOptions(random), '0', '2'];
  return words.slice(0, 4 + random.below(3)).join(random.chance(0.2) ? '\t' : ' ');
}

function randomOptions(random: Random): string {
  const chosen = options.filter(() => random.chance(0.3));
  return chosen.length === 0 ? 'defaults' : chosen.join(',');
}

function randomFstab(random: Random): string {
  const lines = Array.from({ length: random.below(9) }, () => randomLine(random));
  return lines.join('\n') + (random.chance(0.8) ? '\n' : '');
}

function edited(text: string, random: Random): string {
  const lines = text.split('\n');
  for (let edits = 1 + random.below(4); edits > 0; edits -= 1) {
    const place = random.below(lines.length);
    const kind = random.below(3);
    if (kind === 0) lines.splice(place, 0, randomLine(random));
    else if (kind === 1) lines.splice(place, 1);
    else lines[place] = (lines[place] ?? '').replace(/(ro|rw|noatime|defaults)/, () => randomOptions(random));
  }
  return lines.join('\n');
}

/** Lines of entries outside of the image's places, and everything else, each with how often it is there. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*\S+\s+\/(usr)?\s/.test(line))
    .filter((line) => line !== '');
}

function mountPoints(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { mountPoint } of parseFstab(text).blocks) {
    if (mountPoint !== null) counts.set(mountPoint, (counts.get(mountPoint) ?? 0) + 1);
  }
  return counts;
}

function ofPlace(text: string, place: string): string | undefined {
  return parseFstab(text).blocks.find(({ key }) => key === place)?.line.fields[0];
}

const rounds = 3000;

test('case 52: of a random fstab that one side left as it was, the other side is what stands', () => {
  for (let seed = 0; seed < rounds; seed += 1) {
    const random = seededRandom(seed);
    const base = randomFstab(random);
    const changed = edited(base, random);
    if (changed === base) continue;
    const { content } = askFstab({ base, ours: changed, theirs: base });
    assert.deepEqual(linesOf(content ?? ''), linesOf(changed), `seed ${seed}`);
    assert.equal(askFstab({ base, ours: base, theirs: changed }).content, null, 'left to the image');
  }
});

test('case 52: no mount point is there twice that no side has twice, and the root is the one of the image', () => {
  for (let seed = 0; seed < rounds; seed += 1) {
    const random = seededRandom(seed);
    const base = randomFstab(random);
    const [ours, theirs] = [edited(base, random), edited(base, random)];
    const { content } = askFstab({ base, ours, theirs });
    if (content === null) continue;
    const [here, there] = [mountPoints(ours), mountPoints(theirs)];
    for (const [place, count] of mountPoints(content)) {
      assert.ok(count <= Math.max(here.get(place) ?? 0, there.get(place) ?? 0), `seed ${seed}: ${place}`);
    }
    for (const place of ['/', '/usr'].filter((one) => (there.get(one) ?? 0) < 2)) {
      assert.equal(
        ofPlace(content, place)?.replaceAll('"', ''),
        ofPlace(theirs, place)?.replaceAll('"', ''),
        `seed ${seed}`,
      );
    }
  }
});

test('case 52: what random edits added on either side is there, and what they removed is not', () => {
  for (let seed = 0; seed < rounds; seed += 1) {
    const random = seededRandom(seed);
    const base = randomFstab(random);
    const [ours, theirs] = [edited(base, random), edited(base, random)];
    const { content, items } = askFstab({ base, ours, theirs });
    if (content === null) continue;
    const keys = (text: string): Set<string> => new Set(parseFstab(text).blocks.map(({ key }) => key));
    const [b, o, t, result] = [keys(base), keys(ours), keys(theirs), keys(content)];
    const repeated = new Set([...b, ...o, ...t].flatMap((key) => key.match(/^.*(?= \(\d+\)$)/) ?? []));
    const reported = new Set(items.map(({ key }) => key.replace(/^fstab-entry:/, '')));
    for (const key of new Set([...o, ...t])) {
      if (['/', '/usr'].includes(key) || repeated.has(key.replace(/ \(\d+\)$/, ''))) continue;
      const removed = b.has(key) && (!o.has(key) || !t.has(key));
      assert.equal(result.has(key), !removed || (o.has(key) && reported.has(key)), `seed ${seed}: ${key}`);
    }
  }
});
