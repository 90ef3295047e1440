/** Prints how much was changed in the store that it is called with; without one it starts, and ends. */
import { realSystem } from '../../src/system/real-system.ts';
import { findOnOverlay } from './find-on-overlay.ts';

const [, , store] = process.argv;
if (store === undefined) realSystem(['/bin/false']).openRoot('/').status('/');
else console.log(findOnOverlay(store));
