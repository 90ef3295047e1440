/** Unpacks an archive as staging does: `unpack-archive.ts ARCHIVE DIRECTORY`. */
import { usualLimits } from '../../src/images/limits.ts';
import { openImageSource } from '../../src/images/open-image-source.ts';
import { realSystem } from '../../src/system/real-system.ts';

async function unpack(archive: string, directory: string): Promise<void> {
  const system = realSystem(['/bin/false']);
  const files = system.openRoot(directory);
  const source = await openImageSource(archive, system);
  const options = { digest: null, signature: null, trustedDirectories: [], limits: usualLimits, scratch: '/nowhere' };
  await source.unpack(files, options, { onProgress: () => undefined, signal: new AbortController().signal });
  files.close();
}

const [archive = '', directory = ''] = process.argv.slice(2);
void unpack(archive, directory);
