import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ResetRecord } from '../../../../src/domain/reset-states.ts';
import { lossesOf } from '../../../../src/flows/reset/losses.ts';
import { stageReset } from '../../../../src/flows/reset/stage-reset.ts';
import { armTotal } from '../../../../src/flows/reset/total/arm-total.ts';
import { readReset } from '../../../../src/flows/reset/total/reset-record.ts';
import { holdObject } from '../../../../src/store/hold.ts';
import { objectAt } from '../../../../src/store/ledger-state.ts';
import { makeObject } from '../../../../src/store/make-object.ts';
import { changeStore, readStore } from '../../../../src/store/open-store.ts';
import { writeRemotes } from '../../../../src/store/remotes.ts';
import { goTo } from '../../staging/boot-machine.ts';
import { type Content, fill, imageContent, type Machine } from '../../staging/machine.ts';

/** What nobody may find after a reset that destroys everything: it stands in each place where a store keeps something. */
export const secret = 'xyzzy-5d1c-never-again';

const declared = 'volume app /etc/app class=config\nvolume db /var/lib/db class=state\nvolume srv /srv class=data\n';

/** An image that declares a volume of each class and ships something in two. */
export const release = (version: number, more: Content = {}): Content =>
  imageContent(version, {
    'usr/lib/migrate/volumes.d/image.volume': declared,
    'etc/app/app.conf': `release ${version}\n`,
    'srv/welcome': 'of the image\n',
    ...more,
  });

/** The machine on its second version, with the secret in roots, volumes, tags, logs, remotes and a subvolume of containers. */
export async function withSecrets(machine: Machine): Promise<string> {
  fill(machine.root, { ...release(12), 'etc/hostname': 'atlas\n' });
  await machine.init(machine.image('base', release(12)));
  fill(machine.root, { 'etc/shadow-': secret, 'var/lib/db/rows': secret, 'srv/people': secret, 'etc/app/key': secret });
  const image = await machine.import(machine.image('next', release(13)));
  const { id } = await goTo(machine, image, 'debian-12.1');
  unmountAll(machine);
  const root = machine.pathOf('branch', id);
  const nested = join(root, 'var/lib/containers');
  mkdirSync(join(root, 'var/lib'), { recursive: true });
  execFileSync('btrfs', ['-q', 'subvolume', 'create', nested]);
  fill(nested, { layer: secret });
  execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', '-r', nested, join(root, 'var/lib/snapshot')]);
  fill(root, { 'etc/ssh/ssh_host_ed25519_key': `${secret}\n`, [`etc/${secret}`]: 'a name' });
  changeStore(machine.place, (store) => {
    const branch = objectAt(store.state, { volume: 'srv', kind: 'branch', name: 'main' })?.record;
    const volume = [...store.state.volumes.values()].find(({ record }) => record.name === 'srv')?.record;
    if (branch === undefined || volume === undefined) throw new TypeError('The machine has no data');
    holdObject(store, makeObject(store, { volume, kind: 'tag', name: 'monday', from: branch }), 'user');
    writeRemotes(store.files, [
      { name: 'elsewhere', url: `ssh://${secret}@elsewhere/store`, identity: null, sshOptions: [] },
    ]);
  });
  fill(join(machine.top, 'migrate'), {
    'failures/debian-12.1/1-journal.txt': secret,
    'restic-restoring/half': secret,
    'volumes/system/branches/debian-14.9.migrating': secret,
  });
  execFileSync('rm', [join(machine.top, 'migrate/volumes/system/branches/debian-14.9.migrating')]);
  return id;
}

/** What a boot had mounted is gone with its power, and so is the root of whoever ran before. */
export function unmountAll({ work }: Pick<Machine, 'work'>): void {
  const script = 'grep -F " $1/" /proc/self/mountinfo | cut -d " " -f 5 | tac | xargs -r umount --lazy';
  execFileSync('sh', ['-c', script, 'sh', work]);
}

/** Files and names of the filesystem in which the secret stands. */
export function whereSecretIs({ top }: Pick<Machine, 'top'>): string[] {
  const options = ['--recursive', '--files-with-matches', '--text', '--fixed-strings'];
  const files = linesOf('grep', [...options, '-e', secret, '.'], { at: top, ends: [0, 1] });
  return [...files, ...linesOf('find', ['.', '-name', `*${secret}*`], { at: top, ends: [0] })];
}

/** grep(1) ends with 1 where it finds nothing; any other end than these says that it could not look. */
function linesOf(
  program: string,
  args: readonly string[],
  { at, ends }: { readonly at: string; readonly ends: readonly number[] },
): string[] {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: at, encoding: 'utf8' });
  assert.ok(status !== null && ends.includes(status), stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

type Asking = { readonly isConfirmed?: boolean; readonly keep?: readonly string[]; readonly image?: string | null };

/** Stages the reset of the version and asks for it. */
export function askForTotal(
  machine: Pick<Machine, 'place'>,
  parent: string,
  { isConfirmed = false, keep = [], image = null }: Asking = {},
): string {
  const request = { image, parent, choices: null, arm: true, changeSources: [], onProgress: () => undefined };
  const { version, waiting } = stageReset(machine.place, { ...request, reset: { mode: 'total', keep } });
  if (waiting.length > 0) throw new TypeError(`These wait: ${waiting.map(({ key }) => key).join(', ')}`);
  const losses = lossesOf(machine.place, { mode: 'total' });
  armTotal(machine.place, version, { losses, isConfirmed });
  return version.id;
}

/** The request as the store has it. */
export function resetOf({ place }: Pick<Machine, 'place'>): ResetRecord | null {
  return readStore(place, ({ files, system }) => readReset(files, system));
}
