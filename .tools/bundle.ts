import { readFileSync } from 'node:fs';
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
    alias: { 'string-width': resolve('.tools/ascii-width.ts'), assert: resolve('.tools/assert-of-yargs.ts') },
    define: { 'import.meta': 'bundleMeta' },
    banner: { js: prelude },
    plugins: [lazy, withoutTerminal],
    logLevel: 'warning',
  });
}

// CommonJS has no import.meta, and yargs makes a `require` from its url when it is loaded. Where it finds no `node_modules`
// in it, it asks for the working directory, and fails where that was removed.
const prelude = `
const bundleMeta = { url: require('node:url').pathToFileURL(__filename + '/node_modules/').href };
`;

/** Modules that take a tenth of a start or more to load, and what is used of them, by few runs: loaded at its first call. */
const lazyModules: Readonly<Record<string, readonly string[]>> = {
  execa: ['execa', 'execaSync'],
  'node:crypto': ['createHash', 'createPublicKey', 'hash', 'randomUUID', 'verify'],
};

/** The same, of our own modules: packages use more of these. */
const lazyForOurs: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': ['spawn', 'spawnSync'],
};

const lazy: Plugin = {
  name: 'lazy',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /./ }, ({ kind, path, importer }) => {
      const isLazy = Object.hasOwn(lazyModules, path) || (isOurs(importer) && Object.hasOwn(lazyForOurs, path));
      return kind === 'import-statement' && isLazy ? { path, namespace: 'lazy' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'lazy' }, ({ path }) => ({
      contents: (lazyModules[path] ?? lazyForOurs[path] ?? []).map((name) => lazyCall(path, name)).join('\n'),
      resolveDir: process.cwd(),
    }));
  },
};

/**
 * What lays out the help asks stdout for its width, in every run and although lines are not wrapped: for that, Node loads
 * its streams, and for a pipe all of networking, which takes a tenth of a start.
 */
const withoutTerminal: Plugin = {
  name: 'without-terminal',
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/node_modules\/(?:yargs|cliui)\/.*\.m?js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('process.stdout', '({})'),
    }));
  },
};

function isOurs(file: string): boolean {
  return !file.includes('/node_modules/');
}

function lazyCall(module: string, name: string): string {
  return `export function ${name}(...values) { return require('${module}').${name}(...values); }`;
}
