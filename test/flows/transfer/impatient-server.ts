import { placeOfStore } from '../../../src/flows/place-of-store.ts';
import { serveStore } from '../../../src/flows/transfer/serve-store.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import { storeKinds } from '../../store/store-kinds.ts';

/** Serves a store as `migrate serve` does, and waits no longer than a second for whoever says nothing. */
const system = realSystem(['/bin/false']);
const [, , directory = ''] = process.argv;
const place = await placeOfStore(system, { directory, storeKinds });
try {
  await system.interruptible((signal) =>
    serveStore(place, system.streams.standard({ signal }), {
      ...({ access: 'append-only', volumes: null, program: '1', signal } as const),
      patience: { silence: 1000, pulse: 100 },
    }),
  );
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
}
