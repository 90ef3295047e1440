import type { LayerTable } from './check-layers.ts';

/** Who may import whom in src. A row appears with its code, an entry with its first use. */
export const table: LayerTable = {
  layers: {
    domain: [],
    policy: ['domain'],
    merge: ['domain'],
    plan: ['domain', 'merge'],
    tree: ['domain', 'system (types)'],
    packages: ['domain', 'system (types)'],
    apply: ['domain', 'system (types)'],
    images: ['domain', 'system (types)'],
    transfer: ['domain', 'system (types)'],
    system: ['domain'],
    // What both a store and the storage below it do with files.
    files: ['domain', 'system (types)'],
    storage: ['domain', 'files', 'system (types)'],
    store: ['domain', 'files', 'storage (types)', 'system (types)'],
    boot: ['domain', 'files', 'system (types)'],
    versions: ['domain', 'store', 'system (types)'],
    flows: [
      'domain',
      'policy',
      'merge',
      'plan',
      'tree',
      'packages',
      'apply',
      'images',
      'transfer',
      'store',
      'versions',
      'boot',
      'files',
      'storage (types)',
      'system (types)',
    ],
    // Types only of what it hands through from main to the flows.
    cli: ['flows', 'domain', 'boot (types)', 'storage (types)', 'system (types)'],
    'main.ts': ['cli', 'boot', 'storage', 'system', 'version.ts'],
    'version.ts': ['../package.json'],
  },
  packages: {
    'node:': ['system', 'main.ts'],
    execa: ['system'],
    koffi: ['system/native'],
    'node-diff3': ['merge'],
    'tar-stream': ['images/tar'],
    yargs: ['cli'],
  },
};
