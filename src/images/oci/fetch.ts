import { bytesOfText } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { childOf } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { refused } from '../image-failure.ts';
import type { Done, Job } from '../job.ts';
import type { Limits } from '../limits.ts';
import { Expectation } from '../trust/expectation.ts';
import { Blobs, readDocument } from './blobs.ts';
import { parseDocument } from './documents.ts';
import { unpackManifest, withRoot } from './unpack-oci.ts';

/**
 * Without one of them skopeo refuses everything; the first that is there says what it may take (containers-policy.json(5)).
 * The first is in the home directory.
 */
const policyFiles = { own: '.config/containers/policy.json', system: '/etc/containers/policy.json' } as const;

/**
 * Fetches an image from a registry and unpacks it. skopeo does the fetching: it knows logins, certificates, mirrors and
 * lists of architectures as containers-registries.conf(5) and its kin say. Layers are unpacked by what unpacks archives, so
 * that the same is kept, limited and refused.
 */
export async function unpackFromRegistry(address: string, job: Job): Promise<Done> {
  const { system, options } = job;
  const expectation = Expectation.open(options, system, null);
  if (!system.commands.has('skopeo')) {
    throw refused('image-unsupported', 'skopeo is needed to fetch from a registry, and is not installed', {
      advice: 'Install the package skopeo',
    });
  }
  return await system.streams.withDirectory(options.scratch, (scratch) =>
    withRoot(bytesOfText(scratch), job, async (files) => {
      await fetch(address, scratch, files, job);
      const content = readDocument(files, '/manifest.json');
      const manifest = parseDocument(content);
      if (manifest.kind !== 'manifest')
        throw refused('image-damaged', 'the registry handed out a list instead of an image');
      return unpackManifest({ ...manifest, content }, new Blobs(system, files, '/'), expectation, job);
    }),
  );
}

/** The form `dir:` of skopeo keeps the manifest as it is, and with it the digest that the registry knows. */
async function fetch(address: string, scratch: string, files: Files, job: Job): Promise<void> {
  const { system, meter, hooks, options } = job;
  meter.begin('fetch', null);
  let seen = 0;
  const onTick = (): void => {
    const done = sizeOf(files);
    hooks.onProgress({ phase: 'fetch', done, total: null, unit: 'bytes', entries: 0 });
    if (done > seen) system.signOfProgress();
    seen = done;
  };
  // skopeo itself waits for ever for a registry that has taken the connection and says nothing.
  const growth = { amount: () => seen, silentSeconds: options.limits.silentSeconds };
  try {
    const args = ['copy', '--quiet', '--preserve-digests', ...policyFor(system), address, `dir:${scratch}`];
    await system.streams.run('skopeo', args, { signal: hooks.signal, onTick, growth });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'silent') throw silent(options.limits, error);
    if (error.code !== 'command') throw error;
    throw refused('image-unreachable', `it cannot be fetched: ${error.message}`, { cause: error });
  }
}

function policyFor({ home, exists }: System): readonly string[] {
  return [`${home()}/${policyFiles.own}`, policyFiles.system].some(exists) ? [] : ['--insecure-policy'];
}

function silent({ silentSeconds }: Limits, cause: Failure): Failure {
  return refused('image-unreachable', `the registry has sent nothing for ${silentSeconds} seconds`, {
    kind: 'failed',
    advice: 'Look at the registry and the network, and run this again',
    cause,
  });
}

function sizeOf(files: Files): number {
  return files.list('/').reduce((sum, name) => sum + (files.status(childOf('/', name))?.size ?? 0), 0);
}
