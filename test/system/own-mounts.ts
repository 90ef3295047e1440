import { spawnSync } from 'node:child_process';

/**
 * Imported before all else, has the tests of a file run in a mount namespace of their own. Other tests copy the one that they are
 * started from, with all that is mounted there at that moment, and what is mounted anywhere is not removed from a store.
 */
const mark = 'MIGRATE_OWN_MOUNTS';

if (process.env[mark] !== String(process.pid)) {
  const unshare = spawnSync('sh', ['-c', 'command -v unshare'], { encoding: 'utf8' }).stdout.trim();
  const self = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  // The process stays the same, and so does whoever reads what it says.
  process.execve?.(unshare, ['unshare', '--mount', '--propagation', 'private', ...self], {
    ...process.env,
    [mark]: String(process.pid),
  });
}
