import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import type { ItemDraft, Resolution } from '../../domain/item.ts';
import type { TreeView } from '../joint-strategy.ts';
import { isOfImage } from './merge-fstab.ts';
import { hasOption } from './options.ts';
import { type Block, fieldOf, optionsField, sourceOf, textOfLine, typeField } from './parse-fstab.ts';

/** Tags that name a device, of mount(8). */
const tag = /^(?:UUID|LABEL|PARTUUID|PARTLABEL|ID)=/;
/** Made while the system starts, by what it has been told elsewhere. */
const madeLater = /^\/dev\/(?:zram|loop|ram|nbd)\d/;

/** Options with which the system starts without the filesystem (systemd.mount(5)). */
const waitless = ['nofail', 'noauto', '_netdev', 'x-systemd.automount'];

/**
 * Whether the entry names a device that the machine does not have. The devices of the image's own places are made ready
 * by whoever brings the image, and those that crypttab(5) opens may not be open yet.
 */
export function lacksDevice(block: Block, view: TreeView): boolean {
  const source = sourceOf(block.line);
  if (isOfImage(block) || madeLater.test(source)) return false;
  if (!tag.test(source) && !source.startsWith('/dev/')) return false;
  return !view.device(source) && !isOpenedLater(source, view);
}

function isOpenedLater(source: ByteString, view: TreeView): boolean {
  const names = (view.content('ours', '/etc/crypttab') ?? '').split('\n').map((line) => line.trim().split(/[ \t]+/)[0]);
  const prefix = '/dev/mapper/';
  return source.startsWith(prefix) && names.includes(source.slice(prefix.length));
}

/** The item on an entry whose device is not there. */
export function missingDeviceItem(block: Block): ItemDraft {
  const { key, line } = block;
  const source = displayBytes(sourceOf(line));
  const about = { kind: 'fstab-device', subject: key, paths: ['/etc/fstab'], facts: textOfLine(line).trim() };
  if (fieldOf(line, typeField) === 'swap') {
    return {
      ...about,
      severity: 'warning',
      blocks: 'nothing',
      title: `/etc/fstab swaps on ${source}, which is not there`,
      detail: 'The system waits for it, then starts without it',
      resolutions,
    };
  }
  const title = `/etc/fstab mounts ${displayBytes(key)} from ${source}, which is not there`;
  if (waitless.some((option) => hasOption(fieldOf(line, optionsField), option))) {
    const detail = 'The system starts without it';
    return { ...about, severity: 'info', blocks: 'nothing', title, detail, resolutions: [] };
  }
  const detail = 'Without it the system would not start, but stop for an administrator';
  return { ...about, severity: 'error', blocks: 'boot', title, detail, resolutions };
}

const resolutions: readonly Resolution[] = [
  { id: 'keep', title: 'Keep the entry as it is', default: true, dataLoss: 'none' },
  { id: 'nofail', title: 'Add "nofail": the system starts without it', dataLoss: 'none' },
  { id: 'drop', title: 'Leave the entry out; it stays in the old system', dataLoss: 'none' },
];
