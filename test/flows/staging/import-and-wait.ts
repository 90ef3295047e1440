/** Imports an image into a store as a program does, and says when it is in the middle of it: a test kills it then. */

import { placeOfStore } from '../../../src/flows/place-of-store.ts';
import { importImage } from '../../../src/flows/staging/import-image.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import { storeKinds } from '../../store/store-kinds.ts';

const [directory = '', source = ''] = process.argv.slice(2);
const place = await placeOfStore(realSystem(['/bin/false']), { directory, storeKinds });
let isSaid = false;
await importImage(place, {
  ...{ source, name: 'large', digest: null, signature: null, signal: new AbortController().signal },
  onProgress: ({ phase, entries }) => {
    if (phase !== 'unpack' || entries < 1 || isSaid) return;
    isSaid = true;
    process.stdout.write('busy\n');
  },
});
process.stdout.write('done\n');
