import { displayLocation } from '../domain/boot-request.ts';
import { textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { jsonOrNull } from '../domain/json.ts';
import type { VersionRecord } from '../domain/version.ts';
import { isFields } from '../domain/volume-json.ts';
import type { System } from '../system/system.ts';
import { type Booted, bootedFile } from './boot-records.ts';

const outcomes: readonly Booted['outcome'][] = ['migrated', 'committed', 'fallback'];

/** What the initramfs wrote of this boot; null where it wrote nothing. Throws Failure `booted` for what is no such record. */
export function readBooted(system: System): Booted | null {
  if (!system.exists(bootedFile)) return null;
  const booted = bootedOf(textOrBytes(system.readFile(bootedFile)));
  if (booted !== null) return booted;
  throw new Failure({
    code: 'booted',
    kind: 'failed',
    message: `Cannot tell which version runs: ${bootedFile} is not as the initramfs writes it`,
    advice: 'The next boot writes it anew',
  });
}

/** The version that runs: the one that was booted, or after a fallback the one with the root that was; null if unknown. */
export function runningVersion(booted: Booted | null, records: readonly VersionRecord[]): VersionRecord | null {
  if (booted === null) return null;
  if (booted.version !== null) return records.find(({ id }) => id === booted.version) ?? null;
  const name = displayLocation(booted.root);
  const sameRoot = records.filter(({ boot }) => boot !== null && displayLocation(boot.root) === name);
  return sameRoot.length === 1 ? (sameRoot[0] ?? null) : null;
}

function bootedOf(text: string): Booted | null {
  const document = jsonOrNull(text);
  if (!isFields(document) || document['schema'] !== 'migrate.booted/1') return null;
  const { version, outcome, root, reason, forNow } = document;
  const known = outcomes.find((each) => each === outcome);
  if (known === undefined || !isTextOrNull(version) || !isTextOrNull(reason) || !isFields(root)) return null;
  const { device, subvolume, object } = root;
  if (typeof device !== 'string' || !isTextOrNull(subvolume)) return null;
  if (object !== undefined && typeof object !== 'string') return null;
  const location = { device, subvolume, ...(object === undefined ? {} : { object }) };
  const booted = { schema: 'migrate.booted/1', version, outcome: known, root: location, reason } as const;
  return forNow === true ? { ...booted, forNow } : booted;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
