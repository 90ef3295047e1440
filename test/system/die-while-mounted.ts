/** Mounts a directory for itself and is killed before it has let go of it; prints where. */
import { mounts } from '../../src/system/real-mounts.ts';
import { writeOutput } from '../../src/system/write-output.ts';

const [, , directory = ''] = process.argv;
mounts.withMounted(
  (at) => mounts.bind(directory, at, { writable: false }),
  { writable: false },
  (at) => {
    writeOutput(1, at);
    process.kill(process.pid, 'SIGKILL');
  },
);
