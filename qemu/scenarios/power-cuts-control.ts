import type { PowerCuts } from '../power-cuts/play-power-cuts.ts';

/** Without the checkpoint of /boot what is new there is in the journal only, and GRUB reads none. */
export const scenario: PowerCuts = {
  name: 'power-cuts-control',
  promise:
    'A product that leaves /boot to its journal fails, when the power is cut right after `stage`: the cuts find it.',
  cases: [65, 110],
  cuts: 1,
  within: ['restart'],
  atBegin: true,
  mistake: {
    changes: [
      {
        file: 'src/system/native/filesystem.ts',
        from: '  onDirectory(directory, (descriptor) => syncFilesystemOf(descriptor, directory));\n',
        to: '  return;\n',
      },
      // Without it what is written there is brought to its place once more when all is done.
      { file: 'src/system/with-mounted.ts', from: '    syncFilesystemOf(descriptor, directory);\n', to: '' },
    ],
    found: /came up, not trixie\.2|no system came up|it waited for somebody/,
  },
  fullOnly: true,
};
