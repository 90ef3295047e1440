import { createRequire } from 'node:module';
import { isSea } from 'node:sea';
import { loadAddonAsset } from './addon-asset.ts';
import type { Koffi } from './koffi.ts';

/**
 * Koffi: from the package when run from sources, from the asset `koffi.node` in the single binary. The package's own
 * wrapper only looks for the addon and adds callbacks, which are not used, so that the binary does without it.
 */
export function loadAddon(): Koffi {
  if (isSea()) return loadAddonAsset();
  const require = createRequire(import.meta.url);
  return require('koffi');
}
