import '../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { noChoices } from '../../../src/domain/choices.ts';
import type { Reset, ResetMode } from '../../../src/domain/reset.ts';
import { planMigration, withTrees } from '../../../src/flows/plan-migration.ts';
import { withDamagedFile } from '../../cases/damaged-file.ts';
import { apply, itemOf, type Roots, requestOf, system } from '../../cases/migration.ts';
import { file, hostPath, type Tree } from '../../cases/trees.ts';

const tree: Tree = {
  '/etc/kept': file('of the image\n'),
  '/etc/bad/x': file('?'),
  '/etc/passwd': file('root:x:0:0::/root:/bin/sh\n'),
  '/srv/bad/x': file('?'),
};

/** How grave it is in the plan of a reset, or of an update, that a path cannot be read. */
function severityOf(roots: Roots, path: string, mode?: ResetMode, keep: readonly string[] = []): string {
  const request = requestOf(roots, mode === undefined ? {} : { reset: { mode, keep } }, noChoices);
  const { plan } = withTrees(system, request, (trees) => planMigration(system, trees, request));
  return itemOf(plan.items, `unreadable:${path}`).severity;
}

/** Applies a reset that keeps a file which was changed here, and gives what that is then. */
function applied(roots: Roots, mode: ResetMode): { readonly status: string; readonly kept: string } {
  writeFileSync(hostPath(roots.ours, '/etc/kept'), 'mine\n');
  const reset: Reset = { mode, keep: ['/etc/kept'] };
  const { status } = apply(roots, { base: {}, ours: {}, reset });
  return { status, kept: execFileSync('cat', ['etc/kept'], { cwd: roots.theirs, encoding: 'latin1' }) };
}

test('case 129: a reset of everything goes on without what cannot be read, and one of the system where it is not kept', async () => {
  await withDamagedFile('ours', '/srv/bad', tree, (roots) => {
    assert.equal(severityOf(roots, '/srv/bad', 'total'), 'warning');
    assert.equal(severityOf(roots, '/srv/bad', 'total', ['/etc/kept']), 'warning');
    assert.equal(severityOf(roots, '/srv/bad', 'total', ['/srv/bad/x']), 'error', 'it is to be kept');
    assert.equal(severityOf(roots, '/srv/bad', 'system', ['/etc/kept']), 'warning');
    assert.equal(severityOf(roots, '/srv/bad', 'system', ['/srv/bad/x']), 'error');
    assert.equal(severityOf(roots, '/srv/bad', 'config'), 'error', 'it is no setting');
    assert.equal(severityOf(roots, '/srv/bad'), 'error', 'an update carries it');
    assert.deepEqual(applied(roots, 'total'), { status: 'done', kept: 'mine\n' });
  });
});

test('case 129: a reset of the settings goes on without settings that cannot be read', async () => {
  await withDamagedFile('ours', '/etc/bad', tree, (roots) => {
    assert.equal(severityOf(roots, '/etc/bad', 'config', ['/etc/bad/x']), 'error');
    assert.equal(severityOf(roots, '/etc/bad', 'config'), 'warning');
    assert.deepEqual(applied(roots, 'config'), { status: 'done', kept: 'mine\n' });
  });
});

test('case 129: accounts that cannot be read wait for a word where data stays that is owned by their numbers', async () => {
  await withDamagedFile('ours', '/etc/passwd', tree, (roots) => {
    assert.equal(severityOf(roots, '/etc/passwd', 'system'), 'error');
    assert.equal(severityOf(roots, '/etc/passwd', 'config'), 'error');
    assert.equal(severityOf(roots, '/etc/passwd', 'total'), 'warning');
    assert.deepEqual(applied(roots, 'system'), { status: 'waiting', kept: 'of the image\n' });
  });
});

test('case 129: a path of the new image that cannot be read waits for a word in every reset', async () => {
  await withDamagedFile('theirs', '/srv/bad/x', tree, (roots) => {
    writeFileSync(hostPath(roots.ours, '/srv/bad/x'), 'mine\n');
    for (const mode of ['total', 'system'] as const)
      assert.equal(severityOf(roots, '/srv/bad/x', mode, ['/srv/**']), 'error');
  });
});
