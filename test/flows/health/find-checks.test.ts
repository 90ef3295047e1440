import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { findChecks } from '../../../src/flows/health/find-checks.ts';
import { system } from '../../storage/objects.ts';
import { ownRequired, required, type Scripts, wanted, withChecks } from './check-tree.ts';

/** What is run and what is passed over, with paths as they are in the root. */
function found(scripts: Scripts): { readonly run: string[]; readonly skipped: string[] } {
  return withChecks(scripts, ({ root }) => {
    const { checks, skipped } = findChecks(system, root);
    const inside = (path: string): string => path.slice(root.length + 1);
    return {
      run: checks.map(({ kind, path }) => `${kind} ${inside(path)}`),
      skipped: skipped.map(({ path, why }) => `${inside(path)}: ${why}`),
    };
  });
}

test('required checks come before wanted ones, each kind by name, whatever directory they are in', () => {
  const scripts = { [required('20-b')]: '', [ownRequired('10-a')]: '', [wanted('05-c')]: '', [required('30-d')]: '' };
  assert.deepEqual(found(scripts), {
    run: [
      `required ${ownRequired('10-a')}`,
      `required ${required('20-b')}`,
      `required ${required('30-d')}`,
      `wanted ${wanted('05-c')}`,
    ],
    skipped: [],
  });
});

test("the machine's own check replaces the image's of the same name, and a link to /dev/null masks it", () => {
  const scripts = {
    [required('10-a')]: 'exit 1',
    [ownRequired('10-a')]: '',
    [required('20-b')]: 'exit 1',
    [ownRequired('20-b')]: { link: '/dev/null' },
    // Another kind has names of its own.
    [wanted('20-b')]: '',
  };
  assert.deepEqual(found(scripts), {
    run: [`required ${ownRequired('10-a')}`, `wanted ${wanted('20-b')}`],
    skipped: [],
  });
});

test('one of the same name that cannot be run replaces it all the same, with a word', () => {
  const scripts = { [required('10-a')]: '', [ownRequired('10-a')]: { plain: '' } };
  assert.deepEqual(found(scripts), { run: [], skipped: [`${ownRequired('10-a')}: it is not executable`] });
});

test("checks in greenboot's layout are found, and do not replace others", () => {
  const scripts = {
    [required('10-a')]: '',
    'usr/lib/greenboot/check/required.d/10-a': '',
    'usr/lib/greenboot/check/required.d/20-b.sh': 'exit 1',
    'etc/greenboot/check/required.d/20-b.sh': '',
    'etc/greenboot/check/wanted.d/30-c.sh': '',
  };
  assert.deepEqual(found(scripts).run, [
    `required ${required('10-a')}`,
    'required usr/lib/greenboot/check/required.d/10-a',
    'required etc/greenboot/check/required.d/20-b.sh',
    'wanted etc/greenboot/check/wanted.d/30-c.sh',
  ]);
});

test('what is no check is passed over with a word', () => {
  const scripts = {
    [required('10-plain')]: { plain: '' },
    [required('20-dangling')]: { link: '/nonexistent/check' },
    [required('30-a.rpmnew')]: '',
    [required('30-a.dpkg-old')]: '',
    [required('30-a~')]: '',
    [required('.hidden')]: '',
    [required('50-directory/file')]: '',
  };
  const { run, skipped } = found(scripts);
  assert.deepEqual(run, []);
  const strange = 'its name has other characters than letters, digits and . _ + -';
  assert.deepEqual(
    skipped.toSorted(),
    [
      `${required('10-plain')}: it is not executable`,
      `${required('20-dangling')}: it is a link to nothing`,
      `${required('30-a.rpmnew')}: its name ends with .rpmnew`,
      `${required('30-a.dpkg-old')}: its name ends with .dpkg-old`,
      `${required('30-a~')}: ${strange}`,
      `${required('.hidden')}: ${strange}`,
      `${required('50-directory')}: it is a directory`,
    ].toSorted(),
  );
});

test('a link to a program is a check', () => {
  assert.deepEqual(found({ [required('10-true')]: { link: '/bin/true' } }).run, [`required ${required('10-true')}`]);
});

test('a file where checks should lie is no empty directory', () => {
  withChecks({ [required('10-a')]: '' }, ({ root, file }) => {
    rmSync(file('usr/lib/migrate/check.d/required.d'), { recursive: true });
    mkdirSync(file('usr/lib/migrate/check.d'), { recursive: true });
    writeFileSync(file('usr/lib/migrate/check.d/required.d'), '');
    assert.throws(() => findChecks(system, root), { code: 'no-directory' });
  });
});
