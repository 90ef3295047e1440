import { chmodSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import seaModule from '@yao-pkg/pkg/lib-es5/sea.js';
import { execa } from 'execa';

/** What goes into the binary: paths, and the version that it has to print. */
export type BinaryParts = {
  /** The official Node, unchanged. */
  readonly node: string;
  /** The file that it starts with, in CommonJS. */
  readonly program: string;
  /** Files that it reads with `sea.getRawAsset`, by their names there. */
  readonly assets: Readonly<Record<string, string>>;
  /** Where the stripped Node goes on the way. */
  readonly strippedNode: string;
  readonly output: string;
  readonly version: string;
};

/** Makes the single executable and runs it. Throws where it is not our program. */
export async function makeBinary(parts: BinaryParts): Promise<void> {
  // Before the program goes in: stripping afterwards destroys the binary.
  await execa('strip', ['-o', parts.strippedNode, parts.node]);
  await inject(parts);
  chmodSync(parts.output, 0o755);
  await verifyBinary(parts);
}

// pkg's command line does not hand on the base binary, only this function does; given one it downloads nothing. It
// changes the working directory, hence the absolute paths.
async function inject(parts: BinaryParts): Promise<void> {
  const assets = Object.entries(parts.assets).map(([name, file]) => [name, resolve(file)]);
  await seaModule.default(resolve(parts.program), {
    targets: [{ nodeRange: 'node24', platform: 'linux', arch: 'x64', output: resolve(parts.output) }],
    nodePath: resolve(parts.strippedNode),
    seaConfig: {
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      // Node's own is made before a run, and Node warns where the flags differ: `recordCode` makes a better one.
      useCodeCache: false,
      assets: Object.fromEntries(assets),
    },
  });
}

// A plain Node in disguise is a known failure of this tool chain, and it would print Node's version.
async function verifyBinary(parts: BinaryParts): Promise<void> {
  const { stdout, stderr } = await execa(resolve(parts.output), ['--version'], {
    cwd: '/',
    env: {},
    extendEnv: false,
    stripFinalNewline: false,
  });
  if (stdout !== `${parts.version}\n` || stderr !== '') {
    throw new Error(`${parts.output} --version printed ${JSON.stringify(stdout + stderr)}, not ${parts.version}`);
  }
  const added = statSync(parts.output).size - statSync(parts.strippedNode).size;
  const expected = [parts.program, ...Object.values(parts.assets)].reduce((sum, file) => sum + statSync(file).size, 0);
  if (added < expected) throw new Error(`${parts.output} is larger than Node by ${added} bytes, expected ${expected}`);
}
