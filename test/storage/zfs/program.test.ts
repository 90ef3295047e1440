import { before } from 'node:test';
import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import { prepareZfs } from '../../../src/storage/zfs/new-root.ts';
import { programContract } from '../contract-program.ts';
import { makeDatasetOnce, makePool } from './test-pool.ts';

before(makePool);

programContract({ kind: zfsBackend, prepare: prepareZfs, makePool: () => makeDatasetOnce('tank/store') });
