import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  base,
  bookworm,
  driver,
  image,
  modulePath,
  newRelease,
  oldRelease,
  ours,
  packed,
  toFitting,
  trixie,
  withDepmod,
} from './kernel-images.ts';
import { decisionOf, itemOf, migrated, type Situation } from './migration.ts';
import { file, symlink, type Tree } from './trees.ts';

test('case 63: a compressed module that fits is at its place for the new kernel and in its index, and nothing is left of the old kernel', async () => {
  await migrated(toFitting(), ({ result, applied, plan, roots }) => {
    assert.ok(applied.status === 'done');
    const place = `/usr/lib/modules/${newRelease}/updates/vendor.ko.xz`;
    assert.equal(result.text(place), packed(driver()));
    assert.deepEqual([result.mode(place), result.mtime(place)], ['640', 1700000000123456789n]);
    assert.equal(result.exists(`/usr/lib/modules/${oldRelease}`), false);
    const found = execFileSync('modinfo', ['-b', roots.theirs, '-k', newRelease, '-F', 'filename', 'vendor']);
    assert.ok(found.toString().trim().endsWith(place.slice('/usr'.length)), found.toString());
    assert.equal(decisionOf(plan, place).strategy, 'modules');
    assert.match(decisionOf(plan, modulePath).reason, /^the new image has no kernel 6\.1\.0-1-test$/);
    assert.equal(decisionOf(plan, modulePath).decision, 'not-carried');
  });
});

test('case 63: a link to a module that the old image shipped becomes that module', async () => {
  const shipped = `/usr/lib/modules/${oldRelease}/extra/vendor.ko`;
  const before: Tree = { ...base, [shipped]: file(driver()) };
  const situation: Situation = {
    base: before,
    ours: { ...before, '/usr/lib/modules/6.1.0-1b/weak-updates/vendor.ko': symlink(shipped) },
    theirs: image(newRelease, bookworm),
    prepare: withDepmod,
  };
  await migrated(situation, ({ result }) => {
    assert.equal(result.text(`/usr/lib/modules/${newRelease}/weak-updates/vendor.ko`), driver());
    assert.equal(result.exists(`/usr/lib/modules/${newRelease}/extra`), false);
  });
});

test('case 63: a module that does not fit keeps the machine on the old version until somebody decides', async () => {
  const situation = { base, ours, theirs: image(trixie.release, trixie) };
  const key = `module:${modulePath}`;
  await migrated(situation, ({ applied, plan }) => {
    assert.equal(applied.status, 'waiting');
    assert.match(itemOf(plan.items, key).detail, /named in \/etc\/modules-load\.d\/vendor\.conf/);
  });
  await migrated({ ...situation, answers: { [key]: 'old-kernel' } }, ({ applied, result }) => {
    assert.equal(applied.status, 'done');
    assert.equal(result.exists(`/usr/lib/modules/${trixie.release}/updates`), false);
    assert.equal(result.exists(`/usr/lib/modules/${oldRelease}`), false);
    assert.equal(result.exists('/var/lib/migrate/modules-to-build'), false);
  });
});

test('case 63: a module left over from a kernel that is gone here keeps nobody on the old version', async () => {
  const { [modulePath]: vendor, ...others } = ours;
  assert.ok(vendor !== undefined);
  const leftOver = modulePath.replace(oldRelease, '5.10.0-1-gone');
  const situation = { base, ours: { ...others, [leftOver]: vendor }, theirs: image(trixie.release, trixie) };
  await migrated(situation, ({ applied, plan, result }) => {
    assert.equal(applied.status, 'done');
    assert.deepEqual(
      plan.items.filter(({ key }) => key.startsWith('module:')),
      [],
    );
    assert.match(decisionOf(plan, leftOver).reason, /^the new image has no kernel 5\.10\.0-1-gone$/);
    assert.equal(result.exists(leftOver), false);
  });
});

const withSources: Situation = {
  base,
  ours: {
    ...ours,
    '/usr/src/vendor-1.0/dkms.conf': file('PACKAGE_NAME="vendor"\nPACKAGE_VERSION="1.0"\nAUTOINSTALL=yes\n'),
    '/usr/src/vendor-1.0/vendor.c': file('int x;\n'),
    '/var/lib/dkms/vendor/1.0/source': symlink('/usr/src/vendor-1.0'),
  },
  theirs: { ...image(trixie.release, trixie), '/usr/sbin/dkms': file('', { mode: 0o755 }) },
};

test('case 63: a module with its sources is built by dkms after the boot: the sources come along, and a record says so', async () => {
  await migrated(withSources, ({ applied, result, plan }) => {
    assert.equal(applied.status, 'done');
    assert.equal(itemOf(plan.items, `module:${modulePath}`).settled?.resolution, 'dkms');
    assert.equal(result.text('/usr/src/vendor-1.0/vendor.c'), 'int x;\n');
    assert.equal(result.target('/var/lib/dkms/vendor/1.0/source'), '/usr/src/vendor-1.0');
    const record = JSON.parse(result.text('/var/lib/migrate/modules-to-build')) as { paths: string[] };
    assert.deepEqual(record.paths, [modulePath]);
  });
});

test('case 63: all this holds under the shipped policy', async () => {
  const policy = readFileSync(new URL('../../src/policy/shipped/10-base.policy', import.meta.url), 'latin1');
  await migrated({ ...toFitting(), policy }, ({ result, plan }) => {
    const place = `/usr/lib/modules/${newRelease}/updates/vendor.ko.xz`;
    assert.equal(result.text(place), packed(driver()));
    assert.equal(decisionOf(plan, place).strategy, 'modules');
    assert.equal(result.text('/etc/modules-load.d/vendor.conf'), 'vendor\n');
    assert.equal(result.exists(`/usr/lib/modules/${oldRelease}`), false);
    assert.equal(result.exists(`/usr/src/linux-headers-${oldRelease}`), false);
  });
  await migrated({ ...withSources, policy }, ({ result, plan }) => {
    assert.equal(itemOf(plan.items, `module:${modulePath}`).settled?.resolution, 'dkms');
    assert.equal(result.text('/usr/src/vendor-1.0/vendor.c'), 'int x;\n');
  });
});
