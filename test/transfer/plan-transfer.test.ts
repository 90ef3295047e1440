import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planTransfer, type TransferPlan } from '../../src/transfer/plan-transfer.ts';
import { ancestorsOf } from '../../src/transfer/tag-ancestry.ts';
import type { TravellingTag } from '../../src/transfer/travelling-tag.ts';
import { RememberingStore } from './histories.ts';

const main = 'main';

function pair(): { readonly here: RememberingStore; readonly there: RememberingStore } {
  return { here: new RememberingStore('here'), there: new RememberingStore('there') };
}

function planned(here: RememberingStore, there: RememberingStore, tag: string, nameTaken = false): TransferPlan {
  return planTransfer({
    ...{ tag: here.knownTag(tag), sender: here.known(), isThere: (uuid) => here.has(uuid) },
    ...{ receiver: there.told(), head: there.head(here.instance, main), nameTaken },
  });
}

function sent(here: RememberingStore, there: RememberingStore, tag: string): void {
  there.receive(here.knownTag(tag));
}

/** The plan with names in place of tags. */
function shown(plan: TransferPlan): string {
  const names = (tags: readonly TravellingTag[]): string => tags.map(({ name }) => name).join();
  if (plan.kind === 'up-to-date') return `up-to-date ${plan.head.name}`;
  if (plan.kind === 'incremental') return `incremental ${plan.parent.name}`;
  if (plan.kind !== 'diverged') return plan.kind;
  return `diverged common ${plan.common?.name ?? 'none'} ours ${names(plan.ours)} theirs ${names(plan.theirs)}`;
}

test('a first tag is sent whole', () => {
  const { here, there } = pair();
  const one = here.tag('one', here.branch(main));
  assert.equal(shown(planned(here, there, one)), 'full');
});

test('a volume whose name is taken by another is unrelated', () => {
  const { here, there } = pair();
  assert.equal(shown(planned(here, there, here.tag('one', here.branch(main)), true)), 'unrelated');
});

test('the tag that was sent last is up to date', () => {
  const { here, there } = pair();
  const one = here.tag('one', here.branch(main));
  sent(here, there, one);
  assert.equal(shown(planned(here, there, one)), 'up-to-date one');
});

test('a tag that the receiver has as of another branch is not up to date by a name that it is to get there', () => {
  const { here, there } = pair();
  const branch = here.branch(main);
  const [one, two] = [here.tag('one', branch), here.tag('two', branch)];
  sent(here, there, one);
  sent(here, there, two);
  const { origin, ...tag } = here.knownTag(two);
  assert.ok(origin !== null);
  const as = { ...tag, origin: { ...origin, branch: 'spare' } };
  const common = { tag: as, sender: here.known(), isThere: () => true, receiver: there.told(), nameTaken: false };
  assert.equal(shown(planTransfer({ ...common, head: null })), 'elsewhere');
  assert.equal(shown(planTransfer({ ...common, head: here.knownTag(one) })), 'elsewhere', 'its head is behind');
});

test('an older tag than the one that was sent last is up to date', () => {
  const { here, there } = pair();
  const branch = here.branch(main);
  const [one, two] = [here.tag('one', branch), here.tag('two', branch)];
  sent(here, there, one);
  sent(here, there, two);
  assert.equal(shown(planned(here, there, one)), 'up-to-date two');
});

test('the next tag is sent as what differs from the nearest that both have', () => {
  const { here, there } = pair();
  const branch = here.branch(main);
  const [one, two, three] = [here.tag('one', branch), here.tag('two', branch), here.tag('three', branch)];
  sent(here, there, one);
  sent(here, there, two);
  assert.equal(shown(planned(here, there, three)), 'incremental two');
});

test('a parent that the sender has no more is none', () => {
  const { here, there } = pair();
  const branch = here.branch(main);
  const [one, two, three] = [here.tag('one', branch), here.tag('two', branch), here.tag('three', branch)];
  sent(here, there, one);
  sent(here, there, two);
  here.remove(two);
  assert.equal(shown(planned(here, there, three)), 'incremental one');
  here.remove(one);
  assert.equal(shown(planned(here, there, three)), 'full');
});

test('a tag of a branch goes back to the tag that the branch was made from', () => {
  const { here, there } = pair();
  const image = here.tag('image', null);
  const one = here.tag('one', here.branch(main, image));
  sent(here, there, image);
  assert.equal(shown(planned(here, there, one)), 'incremental image');
});

test('a branch of a branch goes back to the tags that the other had when it was made, and to no later one', () => {
  const { here, there } = pair();
  const other = here.branch('other');
  const before = here.tag('before', other);
  const branch = here.branch(main, other);
  const after = here.tag('after', other);
  const one = here.tag('one', branch);
  sent(here, there, before);
  sent(here, there, after);
  assert.equal(shown(planned(here, there, one)), 'incremental before');
});

test('case 123: a branch that was made anew of an older tag has diverged', () => {
  const { here, there } = pair();
  const branch = here.branch(main);
  const [one, two] = [here.tag('one', branch), here.tag('two', branch)];
  sent(here, there, one);
  sent(here, there, two);
  here.remove(branch);
  const three = here.tag('three', here.branch(main, one));
  assert.equal(shown(planned(here, there, three)), 'diverged common one ours three theirs two');
});

test('case 123: a branch that was made anew of the last tag goes on from it', () => {
  const { here, there } = pair();
  const branch = here.branch(main);
  const one = here.tag('one', branch);
  sent(here, there, one);
  here.remove(branch);
  const two = here.tag('two', here.branch(main, one));
  assert.equal(shown(planned(here, there, two)), 'incremental one');
});

test('a branch of the same name that shares nothing has diverged', () => {
  const { here, there } = pair();
  const one = here.tag('one', here.branch(main));
  sent(here, there, one);
  const two = here.tag('two', here.branch(main));
  assert.equal(shown(planned(here, there, two)), 'diverged common none ours two theirs one');
});

test('case 125: a store that was put back to an old state does not know what it sent after that: diverged', () => {
  const { here, there } = pair();
  const restored = new RememberingStore('here');
  for (const store of [here, restored]) store.tag('one', store.branch(main));
  const [branch] = [here.known()[0]?.origin?.branchUuid ?? ''];
  const two = here.tag('two', branch);
  const one = here.known()[0]?.uuid ?? '';
  sent(here, there, one);
  sent(here, there, two);
  restored.tag('never sent', null);
  const other = restored.tag('other', branch);
  const orderOf = (tag: TravellingTag): number => tag.origin?.order ?? 0;
  assert.ok(orderOf(restored.knownTag(other)) > orderOf(here.knownTag(two)), 'by numbers it would be later');
  assert.equal(shown(planned(restored, there, other)), 'diverged common one ours other theirs two');
});

test('what another machine made of a received tag goes back to it, and is a branch of that machine', () => {
  const { here, there } = pair();
  const one = here.tag('one', here.branch(main));
  sent(here, there, one);
  const back = there.tag('back', there.branch(main, one));
  assert.equal(shown(planned(there, here, back)), 'incremental one');
  sent(there, here, back);
  assert.equal(here.head(there.instance, main)?.name, 'back');
  assert.equal(here.head(here.instance, main), null);
});

test('a tag keeps its origin through another store', () => {
  const { here, there } = pair();
  const third = new RememberingStore('third');
  const one = here.tag('one', here.branch(main));
  sent(here, there, one);
  sent(there, third, one);
  assert.deepEqual(third.knownTag(one).origin, here.knownTag(one).origin);
  assert.equal(third.head(here.instance, main)?.uuid, one);
});

test('a tag of a tag goes back to it', () => {
  const { here } = pair();
  const image = here.tag('image', null);
  const copy = here.tag('copy', image);
  const names = ancestorsOf(here.knownTag(copy), here.known()).map(({ name }) => name);
  assert.deepEqual(names, ['image']);
});

test('the head of a remote branch is the last that was received, whatever its number at its source', () => {
  const { here, there } = pair();
  const branch = here.branch(main);
  const [one, two] = [here.tag('one', branch), here.tag('two', branch)];
  sent(here, there, two);
  sent(here, there, one);
  assert.equal(there.head(here.instance, main)?.name, 'one');
});
