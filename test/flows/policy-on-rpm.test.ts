import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkPolicy } from '../../src/flows/check-policy.ts';
import { persistSubject } from '../../src/flows/edit-policy.ts';
import { packageOfPath } from '../../src/flows/policy-subject.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { buildRpm, installRpms } from '../packages/make-packages.ts';

const system = realSystem([process.execPath]);

test('policies name packages of rpm as they do those of dpkg', () => {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-policy-rpm-'));
  try {
    const files = { '/usr/bin/tiny': { content: 't\n' }, '/usr/share/tiny': { content: 's\n' } };
    const root = join(directory, 'root');
    mkdirSync(join(root, 'etc/migrate/policy.d'), { recursive: true });
    installRpms(root, [buildRpm(directory, { name: 'tiny', files })]);
    appendFileSync(join(root, 'usr/bin/tiny'), 'mine\n');
    writeFileSync(
      join(root, 'etc/migrate/policy.d/50-own.policy'),
      'ignore /usr/**\npersist pkg:tiny\npersist pkg:absent\n',
    );
    const opened = openRoot(root);
    assert.deepEqual(packageOfPath(system, opened, '/usr/share/tiny'), { name: 'tiny', changed: ['/usr/bin/tiny'] });
    const { findings } = checkPolicy(system, opened, { policyFiles: null, all: true, onProgress: () => undefined });
    const patterns = findings.map(({ rule }) => rule.pattern);
    assert.ok(patterns.includes('pkg:absent') && !patterns.includes('pkg:tiny'), patterns.join(' '));
    const edit = persistSubject({ system, root: opened }, { kind: 'package', name: 'tiny' }, { pin: true });
    assert.deepEqual([edit.added, edit.deciding.verb], [['pin pkg:tiny'], 'pin']);
    opened.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
