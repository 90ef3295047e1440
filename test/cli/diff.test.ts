import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { migrate } from './run-migrate.ts';

/** Files that differ in one property each, and one link: `old` from `base`. */
const layOut = `
  mkdir "$1/base" && cd "$1/base"
  touch acl attribute capability content flags mode owner && ln -s target link && echo delivered > content
  cp -a "$1/base" "$1/old" && cd "$1/old"
  setfacl -m u:1234:r acl
  setfattr -n user.note -v mine attribute
  setfattr -h -n trusted.note -v mine link
  setcap cap_net_raw=ep capability
  echo differently > content
  chattr +d flags
  chmod 0600 mode
  chown 1234 owner
`;

test('diff --no-xattrs tells all but what differs in extended attributes, ACLs and capabilities', async () => {
  await withFilesystem('ext4', (directory) => {
    execFileSync('sh', ['-euc', layOut, 'sh', directory]);
    const others = { '/content': ['content'], '/flags': ['flags'], '/mode': ['mode'], '/owner': ['owner'] };
    assert.deepEqual(differences(directory, []), {
      '/acl': ['mode'],
      '/attribute': ['xattr:user.note'],
      '/capability': ['owner'],
      '/link': ['xattr:trusted.note'],
      ...others,
    });
    assert.deepEqual(differences(directory, ['--no-xattrs']), others);
  });
});

/** In what each changed path differs, by `migrate diff` with these options. */
function differences(directory: string, options: readonly string[]): Record<string, unknown> {
  const sides = ['--base', join(directory, 'base'), '--old', join(directory, 'old')];
  const { status, stdout, stderr } = migrate(['diff', ...sides, '--json', ...options]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  const { changes } = JSON.parse(stdout) as { changes: { path: string; differs: string[] }[] };
  return Object.fromEntries(changes.map(({ path, differs }) => [path, differs]));
}
