import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { VersionRecord } from '../../src/domain/version.ts';
import { versionToJson } from '../../src/domain/version-json.ts';
import { type Ended, migrate, program } from './run-migrate.ts';

const identity = { schema: 'migrate.store/1', instance: '0'.repeat(32), host: 'test', backend: 'btrfs' };

/** A directory with the records of these versions in it, as in a store, for the time of the body. */
export function withVersions(versions: readonly VersionRecord[], body: (store: string) => void): void {
  const store = mkdtempSync(join(tmpdir(), 'migrate-store-'));
  try {
    mkdirSync(join(store, 'versions'));
    writeFileSync(join(store, 'store.json'), JSON.stringify(identity));
    for (const version of versions)
      writeFileSync(join(store, 'versions', `${version.id}.json`), versionToJson(version));
    body(store);
  } finally {
    rmSync(store, { recursive: true });
  }
}

/** What the initramfs says of the boot, or null where it said nothing. */
export type BootedText = string | null;

/** The text of a record of the boot of a version. */
export function bootedAs(version: string | null, outcome = 'committed', root = 'LABEL=ROOT'): string {
  const reason = outcome === 'fallback' ? 'no space is left' : null;
  return JSON.stringify({
    schema: 'migrate.booted/1',
    version,
    outcome,
    root: { device: root, subvolume: null },
    reason,
  });
}

/**
 * Runs the program where /run/migrate holds this record, what was `found` of the start, and nothing else, on a machine that was
 * started by the kernel command line `line`; empty, by its own. The machine does not see it.
 */
export function migrateBooted(
  booted: BootedText,
  args: readonly string[],
  environment = {},
  found = '',
  line = '',
): Ended {
  const script = [
    'mkdir -p /run/migrate && mount -t tmpfs none /run/migrate',
    ...(booted === null ? [] : ['printf %s "$1" > /run/migrate/booted.json']),
    ...(found === '' ? [] : ['printf %s "$2" > /run/migrate/start-found.json']),
    ...(line === '' ? [] : ['printf "%s\\n" "$3" > /run/migrate/line && mount --bind /run/migrate/line /proc/cmdline']),
    'shift 3; exec "$@"',
  ].join('\n');
  return migrate(args, {
    program: ['unshare', '--mount', 'sh', '-euc', script, 'sh', booted ?? '', found, line, ...program],
    environment,
  });
}
