import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import { menuName } from './menu.ts';
import { heading, quoted } from './script.ts';

/** Where the loader's directory lies for GRUB: UUID of the filesystem, and the path from its top, with a leading slash. */
export type GrubPlace = { readonly uuid: string; readonly path: string };

/** In the loader's directory. */
export const configurationPath: RootPath = '/grub.cfg';

/** Where the menu lies from the top of its filesystem, for a directory there. */
function menuPath(path: string): string {
  return childOf(path, menuName);
}

/** Whether a configuration reads the menu in that directory, as ours and the script of /etc/grub.d do, by a line of its own. */
export function readsMenu(configuration: ByteString, path: string): boolean {
  const sources = [...configuration.matchAll(/^[ \t]*source[ \t]+(.*)$/gm)].map(([, word = '']) => word);
  return sources.some(
    (word) =>
      word
        .replace(/["']/g, '')
        .replace(/^\([^)]*\)/, '')
        .trimEnd() === menuPath(path),
  );
}

/**
 * A whole configuration for a GRUB that starts nothing but versions, as on an appliance: its core finds this file and reads
 * it by `configfile`. The core may set and export `timeout` before, in seconds.
 */
export function renderConfiguration({ uuid, path }: GrubPlace): ByteString {
  return `${heading}
if serial --unit=0 --speed=115200; then
  terminal_input console serial
  terminal_output console serial
fi
set timeout_style=menu
if [ -z "$timeout" ]; then set timeout=3; fi

search --no-floppy --fs-uuid --set=migrate_root ${quoted(uuid)}
source ($migrate_root)${quoted(menuPath(path))}
`;
}
