import type { PowerCuts } from '../power-cuts/play-power-cuts.ts';

/** Without FIFREEZE what is new on /boot is in the journal, and GRUB reads none. */
export const scenario: PowerCuts = {
  name: 'power-cuts-control',
  promise:
    'A product that leaves /boot to its journal fails, when the power is cut right after `stage`: the cuts find it.',
  cases: [65, 110],
  cuts: 1,
  within: ['restart'],
  atBegin: true,
  mistake: {
    file: 'src/system/native/filesystem.ts',
    from: '  try {\n    freezeFilesystem(directory);',
    to: '  return;\n  try {\n    freezeFilesystem(directory);',
    found: /came up, not trixie\.2|no system came up|it waited for somebody/,
  },
  fullOnly: true,
};
