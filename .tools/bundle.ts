import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

/**
 * Bundles the program into one CommonJS file, the only form that a single executable can start. Imports made by
 * `import()` stay lazy: their code is in the file, but runs at the call.
 */
export async function bundle(entry: string, output: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // What is not bundled comes by `require` at the call: a script with a code cache has no `import()` of its own.
    supported: { 'dynamic-import': false },
    legalComments: 'none',
    // yargs measures texts with it; its segmenter and its tables of emoji take half of Node's own start to load.
    alias: { 'string-width': resolve('.tools/ascii-width.ts') },
    define: { 'import.meta': 'bundleMeta' },
    banner: { js: prelude },
    plugins: [lazyExeca],
    logLevel: 'warning',
  });
}

// CommonJS has no import.meta, and yargs makes a `require` from its url when it is loaded.
const prelude = `
const bundleMeta = { url: require('node:url').pathToFileURL(__filename).href };
`;

// execa takes as long again, and most runs start no other program: it is loaded at its first call.
const lazyExeca: Plugin = {
  name: 'lazy-execa',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^execa$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'execa', namespace: 'lazy' } : undefined,
    );
    onLoad({ filter: /^execa$/, namespace: 'lazy' }, () => ({ contents: callsOfExeca, resolveDir: process.cwd() }));
  },
};

const callsOfExeca = `
export function execa(...values) { return require('execa').execa(...values); }
export function execaSync(...values) { return require('execa').execaSync(...values); }
`;
