/** Unpacks an image as a program does, says when it is about to, and what came of it: a test interrupts it meanwhile. */

import { Failure } from '../../src/domain/failure.ts';
import { usualLimits } from '../../src/images/limits.ts';
import { openImageSource } from '../../src/images/open-image-source.ts';
import { realSystem } from '../../src/system/real-system.ts';

const [reference = '', into = '', scratch = ''] = process.argv.slice(2);
const system = realSystem(['/bin/false']);
const files = system.openRoot(into);
const source = await openImageSource(reference, system);
const options = { digest: null, signature: null, trustedDirectories: [], limits: usualLimits, scratch };
let isSaid = false;
const onProgress = ({ phase, entries, done }: { phase: string; entries: number; done: number }): void => {
  const isBusy = phase === 'unpack' ? entries > 0 : done > 0;
  if (!isSaid && isBusy) process.stdout.write('busy\n');
  isSaid ||= isBusy;
};
try {
  await system.interruptible((signal) => source.unpack(files, options, { onProgress, signal }));
  process.stdout.write('done\n');
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  process.stdout.write(`${error.code}\n`);
}
files.close();
