import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { parseVolumes } from '../../src/policy/parse-volumes.ts';
import { type BindingRequest, type Bindings, bindVolumes, type StoredVolume } from '../../src/versions/bind-volumes.ts';

const declared = parseVolumes(
  'volume home /home class=data\nvolume settings /etc/opt class=config\nvolume pg /var/lib/pg class=state\n',
  'x.volume',
);

const none = { migrated: new Set<string>(), anew: new Set<string>(), inParent: new Set<string>() };

function bind(
  stored: Readonly<Record<string, StoredVolume>>,
  bindings: Readonly<Record<string, string>> | null,
  request: Partial<BindingRequest> = {},
): Bindings {
  const parent = bindings === null ? null : { id: 'bookworm.1', bindings };
  const common = { version: 'trixie.2', parent, declared, stored: new Map(Object.entries(stored)) };
  return bindVolumes({ ...common, ...none, ...request });
}

const stored: Readonly<Record<string, StoredVolume>> = {
  home: { class: 'data', branches: ['main'], filled: ['main'] },
  settings: { class: 'config', branches: ['bookworm.1'], filled: [] },
  pg: { class: 'state', branches: ['bookworm.1'], filled: [] },
};
const ofParent = { home: 'main', settings: 'bookworm.1', pg: 'bookworm.1' };

test("case 108: settings and state of a new version are branches of their own, made from the parent's; data is shared", () => {
  const { bindings, steps, undeclared } = bind(stored, ofParent);
  assert.deepEqual(bindings, { home: 'main', settings: 'trixie.2', pg: 'trixie.2' });
  assert.deepEqual(steps, [
    { kind: 'branch', volume: 'settings', branch: 'trixie.2', from: 'bookworm.1' },
    { kind: 'branch', volume: 'pg', branch: 'trixie.2', from: 'bookworm.1' },
  ]);
  assert.deepEqual(undeclared, []);
});

test('the first version has its volumes made, and filled with what lay at their mount points', () => {
  const { bindings, steps } = bind({}, null);
  assert.deepEqual(bindings, { home: 'main', settings: 'trixie.2', pg: 'trixie.2' });
  assert.deepEqual(steps, [
    { kind: 'create-volume', volume: 'home', class: 'data' },
    { kind: 'create-branch', volume: 'home', branch: 'main', filledFrom: { root: 'old', path: '/home' } },
    { kind: 'create-volume', volume: 'settings', class: 'config' },
    { kind: 'create-branch', volume: 'settings', branch: 'trixie.2', filledFrom: { root: 'old', path: '/etc/opt' } },
    { kind: 'create-volume', volume: 'pg', class: 'state' },
    { kind: 'create-branch', volume: 'pg', branch: 'trixie.2', filledFrom: { root: 'old', path: '/var/lib/pg' } },
  ]);
});

test('case 120: a volume that is declared after data was written takes that data in', () => {
  const { bindings, steps } = bind(
    { settings: stored['settings'] as StoredVolume, pg: stored['pg'] as StoredVolume },
    {
      settings: 'bookworm.1',
      pg: 'bookworm.1',
    },
  );
  assert.equal(bindings['home'], 'main');
  assert.deepEqual(steps.slice(0, 2), [
    { kind: 'create-volume', volume: 'home', class: 'data' },
    { kind: 'create-branch', volume: 'home', branch: 'main', filledFrom: { root: 'old', path: '/home' } },
  ]);
});

test('case 29: what the migration has made of settings and state is taken from the new root, and data never is', () => {
  const { steps } = bind(stored, ofParent, { migrated: new Set(['settings', 'home']) });
  assert.deepEqual(steps, [
    {
      kind: 'create-branch',
      volume: 'settings',
      branch: 'trixie.2',
      filledFrom: { root: 'new', path: '/etc/opt' },
    },
    { kind: 'branch', volume: 'pg', branch: 'trixie.2', from: 'bookworm.1' },
  ]);
});

test('a shared branch that the store has is used, also by a version whose parent does not use it', () => {
  const { bindings, steps } = bind(stored, { settings: 'bookworm.1', pg: 'bookworm.1' });
  assert.equal(bindings['home'], 'main');
  assert.ok(steps.every(({ volume }) => volume !== 'home'));
});

test('case 120: a parent that has its data in its own root goes on with that, whatever another version was given before', () => {
  const ofRoot = { settings: 'bookworm.1', pg: 'bookworm.1' };
  const inParent = new Set(['home']);
  const { bindings, steps } = bind(stored, ofRoot, { inParent });
  assert.equal(bindings['home'], 'trixie.2');
  assert.deepEqual(steps[0], {
    ...{ kind: 'create-branch', volume: 'home', branch: 'trixie.2' },
    filledFrom: { root: 'old', path: '/home' },
  });
  // A branch that somebody made by hand is what the declaration means.
  const byHand = { ...stored, home: { class: 'data', branches: ['main'], filled: [] } as const };
  assert.equal(bind(byHand, ofRoot, { inParent }).bindings['home'], 'main');
  assert.equal(bind(stored, ofParent, { inParent }).bindings['home'], 'main');
});

test("data that is bound per version from now on starts with what all shared; shared from now on, with the parent's", () => {
  const perVersion = parseVolumes('volume home /home class=data binding=version\n', 'x.volume');
  assert.deepEqual(bind(stored, { home: 'main' }, { declared: perVersion }), {
    bindings: { home: 'trixie.2' },
    steps: [{ kind: 'branch', volume: 'home', branch: 'trixie.2', from: 'main' }],
    undeclared: [],
  });
  const nowShared = parseVolumes('volume pg /var/lib/pg class=state binding=shared\n', 'x.volume');
  assert.deepEqual(bind(stored, { pg: 'bookworm.1' }, { declared: nowShared }).bindings, { pg: 'bookworm.1' });
});

test('a volume that is declared no more is not bound, and named', () => {
  const { bindings, undeclared } = bind(stored, { ...ofParent, old: 'main' });
  assert.equal(Object.hasOwn(bindings, 'old'), false);
  assert.deepEqual(undeclared, ['old']);
});

test('what the parent uses and the store lacks, another class, and a name that is taken are refused', () => {
  refused(() => bind({ ...stored, pg: { class: 'state', branches: [], filled: [] } }, ofParent), /does not have that/);
  refused(
    () => bind({ ...stored, home: { class: 'state', branches: ['main'], filled: ['main'] } }, ofParent),
    /the store has it as state/,
  );
  const taken = { ...stored, pg: { class: 'state', branches: ['bookworm.1', 'trixie.2'], filled: [] } as const };
  refused(() => bind(taken, ofParent), /there is one of that name already/);
});

function refused(bound: () => unknown, message: RegExp): void {
  assert.throws(bound, (error) => error instanceof Failure && error.code === 'binding' && message.test(error.message));
}
