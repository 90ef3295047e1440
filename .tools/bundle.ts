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
    legalComments: 'none',
    // Packages of yargs bring older copies, which need a segmenter for plain ASCII too.
    alias: { 'string-width': resolve('node_modules/string-width') },
    define: { 'import.meta': 'bundleMeta', 'Intl.Segmenter': 'LazySegmenter' },
    banner: { js: prelude },
    plugins: [lazyExeca],
    logLevel: 'warning',
  });
}

// CommonJS has no import.meta, and yargs makes a `require` from its url when it is loaded. The first segmenter of a process
// takes 9 ms, a third of Node's start, and string-width makes one when it is loaded, whether or not it will be used.
const prelude = `
const bundleMeta = { url: require('node:url').pathToFileURL(__filename).href };
class LazySegmenter {
  #options;
  #segmenter;
  constructor(...options) { this.#options = options; }
  segment(text) { return (this.#segmenter ??= new Intl.Segmenter(...this.#options)).segment(text); }
}
`;

// execa takes half of node's own start to load, and most runs start no other program: it is loaded at the first call.
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
export function execa(...args) { return require('execa').execa(...args); }
export function execaSync(...args) { return require('execa').execaSync(...args); }
`;
