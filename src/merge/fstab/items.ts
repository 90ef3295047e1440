import { displayBytes, trimBlanks } from '../../domain/bytes.ts';
import type { ItemDraft } from '../../domain/item.ts';
import type { Finding } from './merge-fstab.ts';
import { textOfLine } from './parse-fstab.ts';

/** The item on something that merging found. */
export function itemOn(finding: Finding): ItemDraft {
  const name = displayBytes(finding.key);
  const entry = displayBytes(trimBlanks(textOfLine(finding.block.line)));
  const about = { kind: 'fstab-entry', subject: finding.key, paths: ['/etc/fstab'], resolutions: [] };
  const harmless = { ...about, severity: 'info', blocks: 'nothing', facts: [finding.kind, entry] } as const;
  switch (finding.kind) {
    case 'conflict':
      return conflictItem(finding, name);
    case 'kept':
      return {
        ...harmless,
        title: `The entry of /etc/fstab for ${name} was changed here and is no longer in the image`,
        detail: `It stays: ${entry}`,
      };
    case 'deleted':
      return {
        ...harmless,
        title: `The entry of /etc/fstab for ${name} was deleted here and changed in the image`,
        detail: `It stays deleted. The image has: ${entry}`,
      };
    case 'of-old-image':
      return finding.key === '/' ? rootItem(harmless, entry) : ofOldImageItem(finding, name, entry);
  }
}

function conflictItem(finding: Extract<Finding, { kind: 'conflict' }>, name: string): ItemDraft {
  const details = finding.conflicts.map(
    ({ what, ours, theirs }) => `${what}: here ${displayBytes(ours)}, in the image ${displayBytes(theirs)}`,
  );
  return {
    kind: 'fstab-entry',
    subject: finding.key,
    paths: ['/etc/fstab'],
    severity: 'warning',
    blocks: 'nothing',
    title: `The entry of /etc/fstab for ${name} was changed here and in the image`,
    detail: `Where both changed the same, ours stays in force. ${details.join('; ')}`,
    resolutions: [
      { id: 'ours', title: 'Keep what this machine has', default: true, dataLoss: 'none' },
      { id: 'theirs', title: 'Take what the image has, where both changed the same', dataLoss: 'possible' },
    ],
    facts: details,
  };
}

type Harmless = Pick<ItemDraft, 'kind' | 'subject' | 'paths' | 'severity' | 'blocks' | 'resolutions' | 'facts'>;

function rootItem(harmless: Harmless, entry: string): ItemDraft {
  return {
    ...harmless,
    title: 'The entry of /etc/fstab for / is not carried, as the new image has none',
    detail: `It names the root of the old version: ${entry}`,
  };
}

function ofOldImageItem({ key }: Finding, name: string, entry: string): ItemDraft {
  return {
    kind: 'fstab-entry',
    subject: key,
    paths: ['/etc/fstab'],
    severity: 'warning',
    blocks: 'nothing',
    title: `The entry of /etc/fstab for ${name} is not carried, as the new image has none`,
    detail: `It would hide what the new image has there behind what the old one has: ${entry}`,
    resolutions: [
      { id: 'drop', title: 'Leave the entry out; it stays in the old system', default: true, dataLoss: 'none' },
      { id: 'keep', title: 'Mount it all the same', dataLoss: 'none' },
    ],
    facts: entry,
  };
}
