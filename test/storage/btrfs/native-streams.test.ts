import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { testStreams } from '../contract-streams.ts';

testStreams(btrfsBackend, 'btrfs');
