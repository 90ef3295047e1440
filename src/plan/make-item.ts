import { type ByteString, bytesOfText, displayBytes } from '../domain/bytes.ts';
import type { PathFacts } from '../domain/change.ts';
import type { Choices } from '../domain/choices.ts';
import type { Entry } from '../domain/entry.ts';
import { identifyingXattrs } from '../domain/identity.ts';
import type { Item, ItemDraft } from '../domain/item.ts';

/** The answers that there are, and SHA-256 of bytes, in lower-case hexadecimal. */
type Answering = { readonly choices: Choices; readonly digest: (bytes: ByteString) => string };

/** Completes an item with its key, its fingerprint and the answer that there is for it. */
export function makeItem(draft: ItemDraft, { choices, digest }: Answering): Item {
  const { kind, subject, paths = [subject], facts, ...rest } = draft;
  const key = `${kind}:${displayBytes(subject)}`;
  const fingerprint = digest(bytesOfText(JSON.stringify([kind, facts])));
  const choice = choices.get(key);
  const known = rest.resolutions.some((resolution) => resolution.id === choice?.resolution);
  const answered = choice !== undefined && choice.fingerprint === fingerprint && known;
  const fallback = rest.resolutions.find((resolution) => resolution.default === true);
  const detail = choice === undefined || answered ? rest.detail : `${rest.detail}. ${whyNot(choice.resolution, known)}`;
  const byDefault = fallback === undefined ? null : { resolution: fallback.id, by: 'default' as const };
  const settled = answered ? { resolution: choice.resolution, by: 'choice' as const } : byDefault;
  return { key, fingerprint, step: 'files', ...rest, detail, paths, settled };
}

/** What an answer about a path rests on: each side's identity, and the time and size of files in place of their content. */
export function fingerprintFacts({ base, ours, theirs }: PathFacts): unknown {
  return [base, ours, theirs].map(factsOfEntry);
}

function whyNot(resolution: string, known: boolean): string {
  if (!known) return `The answer "${resolution}" is none of its resolutions`;
  return `The answer "${resolution}" was given for another state of it and is not used`;
}

function factsOfEntry(entry: Entry | null): unknown {
  if (entry === null) return null;
  const { type, mode, uid, gid, size, mtime, xattrs, flags, target, device } = entry;
  const identity = [type, mode, uid, gid, identifyingXattrs(xattrs), flags, target, device];
  return type === 'file' ? [...identity, size, mtime] : identity;
}
