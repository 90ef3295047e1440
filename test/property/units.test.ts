import assert from 'node:assert/strict';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { migrated, type Roots } from '../cases/migration.ts';
import { danglingLinks, stateOf, systemctl } from '../cases/unit-trees.ts';
import { type Random, seededRandom } from '../merge/text/random.ts';
import { type Evolution, generateEvolutions, imageAfter, imageBefore } from './unit-images.ts';

/** `MIGRATE_SEEDS=n` runs a fifth of that, as systemctl is slow; `MIGRATE_SEED=k` only that one. */
const one = process.env['MIGRATE_SEED'];
const count = Math.ceil(Number(process.env['MIGRATE_SEEDS'] ?? '100') / 5);
const seeds = one === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(one)];

test(`case 59: on ${seeds.length} random updates systemctl finds every unit as the user left it`, async () => {
  const failed: string[] = [];
  const met = new Set<string>();
  for (const seed of seeds) {
    try {
      await runSeed(seededRandom(seed), met);
    } catch (error) {
      failed.push(`MIGRATE_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  assert.equal(failed.length, 0, failed.join('\n'));
  if (seeds.length >= 20) assert.deepEqual([...met].sort(), ['disabled', 'enabled', 'followed', 'gone', 'masked']);
});

async function runSeed(random: Random, met: Set<string>): Promise<void> {
  const evolutions = generateEvolutions(random);
  const base = imageBefore(evolutions);
  /** What systemctl says of the units in the new image, by the names that they had. */
  const followed = new Map<string, string>();
  const situation = {
    ...{ base, ours: base, theirs: imageAfter(evolutions) },
    prepare: (roots: Roots) => {
      for (const evolution of evolutions) build(random, roots, evolution);
      for (const { name, now } of evolutions) {
        change(random, roots.ours, name);
        if (now !== null) followed.set(name, stateOf(roots.theirs, now));
      }
    },
  };
  await migrated(situation, ({ roots, result }) => {
    assert.deepEqual(danglingLinks(result.directory), []);
    for (const evolution of evolutions) {
      const expected = expectedState(roots, evolution, followed);
      met.add(expected.why);
      if (evolution.now === null) continue;
      assert.equal(stateOf(result.directory, evolution.now), expected.state, `${evolution.now}: ${expected.why}`);
    }
  });
}

/** Each image enables the unit, or not; the machine is as the first one was. */
function build(random: Random, { base, ours, theirs }: Roots, { name, now }: Evolution): void {
  if (random.chance(0.5)) for (const root of [base, ours]) systemctl(root, 'enable', name);
  if (now !== null && random.chance(0.5)) systemctl(theirs, 'enable', now);
}

/** Something that a user does to a unit, or nothing. */
function change(random: Random, root: string, name: string): void {
  const verb = random.pick(['enable', 'disable', 'mask', 'add-wants', 'again', 'nothing', 'nothing']);
  if (verb === 'add-wants') systemctl(root, verb, 'graphical.target', name);
  else if (verb === 'again') for (const each of ['disable', 'enable']) systemctl(root, each, name);
  else if (verb !== 'nothing') systemctl(root, verb, name);
}

function expectedState(
  roots: Roots,
  { name, now, after }: Evolution,
  followed: ReadonlyMap<string, string>,
): { readonly state: string; readonly why: string } {
  if (now === null) return { state: '', why: 'gone' };
  if (linksOf(roots.base, name) === linksOf(roots.ours, name))
    return { state: followed.get(name) ?? '', why: 'followed' };
  const state = stateOf(roots.ours, name);
  return { state: state === 'disabled' && after.length === 0 ? 'static' : state, why: state };
}

/** All links by which systemd may know the unit, as text. */
function linksOf(root: string, name: string): string {
  const folder = join(root, 'etc/systemd/system');
  if (!existsSync(folder)) return '';
  const links = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
  const own = links.filter(
    (link) => link.name === name || readlinkSync(join(link.parentPath, link.name)).endsWith(`/${name}`),
  );
  return own
    .map((link) => `${link.parentPath.slice(root.length)}/${link.name}`)
    .sort()
    .join('\n');
}
