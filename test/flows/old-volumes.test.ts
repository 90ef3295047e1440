import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../src/domain/bytes.ts';
import { noChoices } from '../../src/domain/choices.ts';
import type { VersionRecord } from '../../src/domain/version.ts';
import { type OldVolumes, withOldVolumes } from '../../src/flows/old-volumes.ts';
import { planMigration, withTrees } from '../../src/flows/plan-migration.ts';
import { parseVolumes } from '../../src/policy/parse-volumes.ts';
import { btrfsBackend } from '../../src/storage/btrfs/backend.ts';
import { overlayBackend } from '../../src/storage/overlay/backend.ts';
import { createStore } from '../../src/store/create-store.ts';
import { makeObject } from '../../src/store/make-object.ts';
import { makeVolume } from '../../src/store/make-volume.ts';
import { changeStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { branch, system, withStore } from '../storage/objects.ts';
import { placeOf } from '../versions/store-of-versions.ts';
import { versionOf } from '../versions/version-of.ts';
import { fill } from './staging/machine.ts';

const kinds = [
  [btrfsBackend, 'btrfs'],
  [overlayBackend, 'ext4'],
] as const;

const declaration = `
volume app /etc/app class=config
volume inner /etc/app/inner class=state
volume db /var/lib/db class=state
volume srv /srv class=data
volume pg /srv/pg class=state
volume all /opt/all class=config binding=shared
`;
const declared = parseVolumes(declaration, 'v.volume');

/** What the images ship: at every mount point but /var/lib/db, a line that differs. */
const image = (version: number) => ({
  'etc/app/conf': `a ${version}\nb\nc\nd\ne\n`,
  'etc/app/inner/deep': `${version}\n`,
  'srv/readme': `${version}\n`,
  'srv/pg/conf': `${version}\n`,
  'opt/all/conf': `${version}\n`,
});

type Situation = {
  readonly store: Store;
  readonly roots: { readonly base: string; readonly old: string; readonly new: string };
  readonly version: VersionRecord;
  readonly parent: VersionRecord;
};

for (const [kind, filesystem] of kinds) {
  const withSituation = (body: (situation: Situation) => void): Promise<void> =>
    withStore(kind, filesystem, ({ directory, mountpoint }) => {
      const at = (name: string): string => join(mountpoint, name);
      for (const name of ['base', 'old', 'new']) mkdirSync(at(name));
      fill(at('base'), image(1));
      fill(at('old'), {
        ...image(1),
        'etc/migrate/volumes.d/v.volume': declaration,
        'var/lib/db/x': '',
      });
      fill(at('new'), image(2));
      createStore(system, bytesOfText(directory), { kind, host: 'test' });
      changeStore(placeOf(kind, directory), (store) => {
        const contents = {
          app: { conf: 'a 1\nb\nc\nd\ne, changed here\n', 'inner/deep': 'hidden\n' },
          inner: { deep: 'changed here\n' },
          db: { rows: '1\n' },
          srv: { readme: 'people\n' },
          pg: { conf: '1\n', rows: '2\n' },
          all: { conf: 'of all\n' },
        };
        const bindings = Object.entries(contents).map(([name, files]) => {
          const { class: volumeClass } = declared.find((volume) => volume.name === name) ?? { class: 'data' };
          const volume = makeVolume(store, { name, class: volumeClass });
          makeObject(store, { volume, kind: 'branch', name: 'v.1', from: null });
          store.backend.withContent(branch('v.1', name), { writable: true }, (where) => fill(where, files));
          return [name, 'v.1'] as const;
        });
        const parent = versionOf('v.1', 'good', 1, { bindings: Object.fromEntries(bindings) });
        const version = versionOf('v.2', 'migrating', 2, { parent: 'v.1' });
        body({ store, version, parent, roots: { base: at('base'), old: at('old'), new: at('new') } });
      });
    });

  const on = `${kind.name} on ${filesystem}`;

  test(`case 29: ${on}: settings and state are planned with the root where an image has them; data, what is shared and what is the machine's alone are not`, async () => {
    await withSituation(({ store, roots, ...versions }) => {
      const decisions = withOldVolumes(store, versions, roots, ({ parts, migrated }: OldVolumes) => {
        assert.deepEqual(
          migrated.map(({ name, mountPoint }) => `${name} ${mountPoint}`),
          ['app /etc/app', 'inner /etc/app/inner', 'pg /srv/pg'],
        );
        const hidden = parts.filter(({ directory }) => directory === null);
        assert.deepEqual(
          hidden.map(({ at }) => at),
          ['/var/lib/db'],
        );
        const request = {
          ...roots,
          oldParts: parts,
          policyFiles: null,
          choices: noChoices,
          onProgress: () => undefined,
        };
        const { plan, blobs } = withTrees(system, request, (trees) => planMigration(system, trees, request));
        assert.deepEqual([...blobs.values()], ['a 2\nb\nc\nd\ne, changed here\n']);
        return plan.decisions.map(({ path, decision }) => `${path} ${decision}`);
      });
      assert.deepEqual(
        decisions.filter((line) => !line.includes('/migrate')),
        [
          ...['/etc/app/conf merged', '/etc/app/inner/deep ours', '/srv/pg/rows ours'],
          // The mount point itself; what the root has in it is hidden.
          ...['/var ours', '/var/lib ours', '/var/lib/db ours'],
        ],
      );
    });
  });

  test(`${on}: without its volumes the same plan knows nothing of what was changed in them`, async () => {
    await withSituation(({ roots }) => {
      const request = { ...roots, policyFiles: null, choices: noChoices, onProgress: () => undefined };
      const { plan } = withTrees(system, request, (trees) => planMigration(system, trees, request));
      const paths = plan.decisions.map(({ path }) => path).filter((path) => !path.includes('/migrate'));
      assert.deepEqual(paths, ['/var', '/var/lib', '/var/lib/db', '/var/lib/db/x']);
    });
  });
}
