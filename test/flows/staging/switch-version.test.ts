import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseBootRequest } from '../../../src/domain/boot-request.ts';
import { parseKernelCommandLine } from '../../../src/domain/kernel-command-line.ts';
import { bindVolumesAtBoot } from '../../../src/flows/bind-volumes-at-boot.ts';
import { recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { bootEntry } from '../../../src/flows/staging/boot-entry.ts';
import { carryToVersion } from '../../../src/flows/staging/carry-to-version.ts';
import { changeState } from '../../../src/flows/staging/change-version.ts';
import type { SwitchRequest } from '../../../src/flows/staging/ends-of-switch.ts';
import { removeLeftOvers } from '../../../src/flows/staging/left-overs.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { switchVersion } from '../../../src/flows/staging/switch-version.ts';
import type { DataAnswer } from '../../../src/flows/staging/turn-data.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { system } from '../../storage/objects.ts';
import { cutSystem } from '../../store/cut-system.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { commitRoot, fill, imageContent, inInitramfs, type Machine, runningAs, withMachine } from './machine.ts';

const [first, second, third] = ['debian-12.1', 'debian-13.2', 'debian-14.9'] as const;
const volumes = {
  'etc/migrate/volumes.d/local.volume':
    'volume app /etc/app class=config\nvolume home /home class=data binding=version\nvolume srv /srv class=data\n',
};
const records = { 'var/lib/migrate/outcome.json': '{}', 'var/lib/migrate/plan.json': '{}' };

/** A machine that went through two updates; the newest is good, and its home is its own. */
async function withThree(body: (machine: Machine) => void | Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    fill(machine.root, { ...volumes, 'home/letter': 'first\n' });
    assert.equal(await update(machine, 13, first), second);
    assert.equal(await update(machine, 14, second), third);
    await body(machine);
  });
}

async function update(machine: Machine, release: number, parent: string): Promise<string> {
  const image = await machine.import(machine.image(`next-${release}`, imageContent(release)));
  const { id } = machine.stage({ image, parent }).version;
  const request = { store: machine.store, version: id };
  const initramfs = inInitramfs(machine);
  await recordAtBoot(initramfs, storeKinds, request, { kind: 'migrating' });
  const result = `${machine.pathOf('branch', id)}.result`;
  execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', machine.pathOf('tag', image), result]);
  fill(result, { ...volumes, ...records, 'etc/hostname': 'atlas\n' });
  await bindVolumesAtBoot(initramfs, storeKinds, request, {
    ...{ old: machine.pathOf('branch', parent), result, migrated: [], toFill: [] },
  });
  execFileSync('mv', ['--no-target-directory', result, machine.pathOf('branch', id)]);
  assert.equal(await recordAtBoot(initramfs, storeKinds, request, { kind: 'committed' }), null);
  markGood(machine.place, id);
  return id;
}

const back: SwitchRequest = { direction: 'rollback', to: null, from: third };
const forward: SwitchRequest = { direction: 'forward', to: null, from: first };
const quiet = { choices: null, changeSources: [], onProgress: () => undefined };

const go = (machine: Machine, request: SwitchRequest, data: DataAnswer | null = 'follow') =>
  switchVersion(machine.place, { ...request, data });

const stateOf = (machine: Machine, id: string): string => machine.version(id).state;
const states = (machine: Machine): string =>
  machine
    .versions()
    .map(({ id, state }) => `${id} ${state}`)
    .join(', ');

test('rollback goes to the nearest older version that was good, forward to the nearest newer one, and each to a named one', async () => {
  await withThree((machine) => {
    const rolled = switchVersion(machine.placeWith(runningAs(machine, third)), { ...back, from: null, data: 'follow' });
    assert.deepEqual([rolled.status, rolled.version.id, rolled.from.id], ['switched', second, third]);
    assert.equal(states(machine), `${first} retired, ${second} trial, ${third} good`);
    markGood(machine.place, second);
    assert.equal(states(machine), `${first} retired, ${second} good, ${third} retired`);
    assert.equal(go(machine, { ...back, to: first, from: second }).version.id, first);
    markGood(machine.place, first);
    assert.equal(go(machine, forward).version.id, second);
    markGood(machine.place, second);
    assert.equal(go(machine, { ...forward, from: second, to: third }).version.id, third);
    assert.equal(machine.version(third).bindings['app'], third);
    assert.deepEqual(machine.problems(), []);
  });
});

test('a version on trial that is left has failed, and is not gone to again', async () => {
  await withThree((machine) => {
    go(machine, back);
    const rolled = switchVersion(machine.placeWith(runningAs(machine, second)), {
      ...back,
      from: null,
      data: 'follow',
    });
    assert.deepEqual([rolled.version.id, rolled.from.state], [first, 'failed']);
    assert.match(machine.version(second).reason ?? '', /left by a rollback/);
    markGood(machine.place, first);
    assert.equal(go(machine, forward).version.id, third);
    const before = states(machine);
    assert.throws(() => go(machine, { ...back, to: second }), {
      code: 'state',
      message: /debian-13\.2 trial: it is failed/,
    });
    assert.equal(states(machine), before);
  });
});

test('a switch that is taken back before the boot leaves the version as good as it was', async () => {
  await withThree((machine) => {
    const place = machine.placeWith(runningAs(machine, third));
    switchVersion(place, { ...back, from: null, data: 'follow' });
    switchVersion(place, { direction: 'forward', from: second, to: third, data: 'follow' });
    assert.equal(states(machine), `${first} retired, ${second} retired, ${third} trial`);
    markGood(machine.place, third);
    assert.equal(go(machine, back).version.id, second);
  });
});

test('where there is no way, it says why, and nothing is changed', async () => {
  await withThree((machine) => {
    const before = states(machine);
    const refusals: readonly [SwitchRequest, string, RegExp][] = [
      [{ ...forward, from: third }, 'no-way', /debian-14\.9 has no newer version that was good/],
      [{ ...back, from: first }, 'no-way', /debian-12\.1 has no older version that was good/],
      [{ ...back, to: third }, 'no-way', /debian-14\.9 is the version to leave/],
      [{ ...back, from: null }, 'no-way', /not known which version runs/],
      [{ ...back, to: 'debian-9.9' }, 'no-version', /no version "debian-9\.9"/],
    ];
    for (const [request, code, message] of refusals) assert.throws(() => go(machine, request), { code, message });
    assert.equal(states(machine), before);
  });
});

test('the next boot goes to one version: what was staged gives way, and what is on trial or being made is in the way', async () => {
  await withThree(async (machine) => {
    const image = await machine.import(machine.image('newer', imageContent(15)));
    const { version } = machine.stage({ image, parent: third });
    const rolled = go(machine, back);
    assert.deepEqual(rolled.status === 'switched' && rolled.dropped, [version.id]);
    assert.equal(bootEntry(machine.place, null).version.id, second);
    assert.throws(() => go(machine, { ...back, to: first }), {
      code: 'unproven',
      message: /debian-13\.2 is on trial/,
      advice: /--from debian-13\.2/,
    });
    // As its advice says.
    go(machine, { direction: 'forward', from: second, to: third });
    assert.equal(states(machine), `${first} retired, ${second} retired, ${third} trial`);
    markGood(machine.place, third);
    const made = machine.stage({ image, parent: third }).version;
    changeStore(machine.place, (store) => changeState(store, made, ['migrating'], 'for the test'));
    assert.throws(() => go(machine, { ...back, to: first }), { code: 'unproven' });
    assert.equal(go(machine, { ...back, from: made.id, to: third }).from.state, 'failed');
  });
});

test('data that would be turned back needs an answer: without one, nothing is changed and volume and dates are named', async () => {
  await withThree((machine) => {
    const before = [states(machine), machine.objects()];
    const undecided = go(machine, back, null);
    assert.equal(undecided.status, 'waiting');
    const items = undecided.status === 'waiting' ? undecided.items : [];
    assert.deepEqual(
      items.map(({ subject }) => subject),
      ['/home'],
    );
    assert.match(items[0]?.title ?? '', /^\/home goes back to \d{4}-\d\d-\d\d \d\d:\d\d$/);
    assert.match(items[0]?.detail ?? '', /debian-13\.2 of the volume home.*stays in the branch debian-14\.9/s);
    assert.deepEqual([states(machine), machine.objects()], before);
  });
});

const unit = 'etc/systemd/system.attached/home.mount';

test('an answer of follow leaves the version as it was; keep gives it the data in use, in record, holds and units', async () => {
  await withThree((machine) => {
    go(machine, back, 'follow');
    assert.equal(machine.version(second).bindings['home'], second);
    assert.match(machine.read('branch', second, unit), /subvol=\/migrate\/volumes\/home\/branches\/debian-13\.2$/m);
  });
  await withThree((machine) => {
    const settings = machine.read('branch', second, 'etc/systemd/system.attached/etc-app.mount');
    go(machine, back, 'keep');
    assert.deepEqual(machine.version(second).bindings, { app: second, home: third, srv: 'main' });
    assert.match(machine.read('branch', second, unit), /subvol=\/migrate\/volumes\/home\/branches\/debian-14\.9$/m);
    assert.equal(machine.read('branch', second, 'etc/systemd/system.attached/etc-app.mount'), settings);
    const homes = machine.objects().filter((name) => name.startsWith('home/'));
    assert.deepEqual(homes, [`home/${second}`, `home/${third} version:${third},version:${second}`]);
    assert.deepEqual(machine.problems(), []);
  });
});

test('settings that cannot be read are no reason not to leave a version', async () => {
  await withThree((machine) => {
    writeFileSync(join(machine.pathOf('branch', third), 'etc/migrate/volumes.d/local.volume'), 'nonsense\n');
    assert.equal(go(machine, back, 'keep').status, 'switched');
    assert.equal(machine.version(second).bindings['home'], third);
  });
});

test('a switch with the data kept, killed before any changing call, is done again, and either version boots meanwhile', async () => {
  await withThree((machine) => {
    const before = [first, second, third].map((id) => {
      const path = join(machine.top, 'migrate/versions', `${id}.json`);
      return { path, text: readFileSync(path) };
    });
    let [at, leftHolds] = [1, 0];
    for (let isOver = false; !isOver; at += 1) {
      isOver = !switchCut(machine, at);
      assert.deepEqual(machine.problems(), [], `call ${at}`);
      const isDone = stateOf(machine, second) === 'trial';
      // What was cut off at its last step the next cleaning settles: nothing is held for a version that does not use it.
      if (isDone) changeStore(machine.place, removeLeftOvers);
      else go(machine, back, 'keep');
      const homes = machine.objects().filter((name) => name.startsWith('home/'));
      assert.deepEqual(homes, [`home/${second}`, `home/${third} version:${third},version:${second}`], `call ${at}`);
      leftHolds += isDone && !isOver ? 1 : 0;
      assert.deepEqual(machine.version(second).bindings, { app: second, home: third, srv: 'main' }, `call ${at}`);
      assert.match(machine.read('branch', second, unit), /home\/branches\/debian-14\.9$/m, `call ${at}`);
      for (const { path, text } of before) writeFileSync(path, text);
    }
    assert.ok(at > 10 && leftHolds > 0, `only ${at} calls, ${leftHolds} holds`);
  });
});

/** Returns whether it was cut off. */
function switchCut(machine: Machine, at: number): boolean {
  const { system: cut, isDead } = cutSystem({ at, moment: 'before' });
  try {
    switchVersion(machine.placeWith(cut), { ...back, data: 'keep' });
  } catch (error) {
    if (!isDead()) throw error;
  }
  return isDead();
}

test('with what was changed: a new version of the target as it is now, and the target stays as it was', async () => {
  await withThree((machine) => {
    go(machine, back);
    markGood(machine.place, second);
    fill(machine.pathOf('branch', second), { 'etc/carried': 'since the commit\n' });
    fill(machine.pathOf('branch', third), { 'etc/theirs': 'of the target\n' });
    const before = statSync(join(machine.pathOf('branch', third), 'etc'));
    const { version, plan } = carryToVersion(machine.place, { direction: 'forward', to: third, from: second }, quiet);
    assert.deepEqual([version.state, version.parent, version.base], ['armed', second, `born-${second}`]);
    assert.ok(
      plan.decisions.some(({ path }) => path === '/etc/carried'),
      plan.decisions.map(({ path }) => path).join(),
    );
    assert.equal(machine.read('tag', version.image, 'etc/theirs'), 'of the target\n');
    assert.ok(!existsSync(join(machine.pathOf('tag', version.image), 'var/lib/migrate/outcome.json')));
    assert.ok(existsSync(join(machine.pathOf('branch', third), 'var/lib/migrate/outcome.json')));
    assert.equal(statSync(join(machine.pathOf('branch', third), 'etc')).ctimeMs, before.ctimeMs);
    assert.equal(stateOf(machine, third), 'retired');
    assert.deepEqual(machine.problems(), []);
  });
});

test('a carry that is refused or killed leaves nothing that stays', async () => {
  await withThree((machine) => {
    go(machine, back);
    markGood(machine.place, second);
    const request: SwitchRequest = { direction: 'forward', to: third, from: second };
    const before = machine.objects();
    const declaration = join(machine.pathOf('branch', second), 'etc/migrate/volumes.d/local.volume');
    const declared = readFileSync(declaration);
    writeFileSync(declaration, 'volume a /srv\n');
    assert.throws(() => carryToVersion(machine.place, request, quiet), { code: 'volume-syntax' });
    assert.deepEqual(machine.objects(), before);
    writeFileSync(declaration, declared);
    execFileSync('mv', [
      join(machine.pathOf('branch', third), 'boot'),
      join(machine.pathOf('branch', third), 'boot.off'),
    ]);
    assert.throws(() => carryToVersion(machine.place, request, quiet), { code: 'cannot-boot' });
    assert.deepEqual(machine.objects(), before);
    execFileSync('mv', [
      join(machine.pathOf('branch', third), 'boot.off'),
      join(machine.pathOf('branch', third), 'boot'),
    ]);
    let at = 1;
    for (let isOver = false; !isOver; at += 1) {
      const { system: cut, isDead } = cutSystem({ at, moment: 'before' });
      try {
        carryToVersion(machine.placeWith({ ...cut, readFile: system.readFile }), request, quiet);
      } catch (error) {
        if (!isDead()) throw error;
      }
      isOver = !isDead();
      const { version } = carryToVersion(machine.place, request, quiet);
      const tags = machine.objects().filter((name) => name.startsWith(version.image));
      const others = machine.objects().filter((name) => !tags.includes(name));
      assert.deepEqual([tags.length, others], [1, before], `call ${at}`);
      assert.deepEqual(
        machine.versions().map(({ id }) => id),
        [first, second, third, version.id],
        `call ${at}`,
      );
      assert.deepEqual(machine.problems(), [], `call ${at}`);
    }
    assert.ok(at > 20, `only ${at} calls`);
  });
});

test('a version is said to be good once; the ones before are retired, also after a crash in between', async () => {
  await withThree((machine) => {
    assert.deepEqual(
      { ...markGood(machine.place, third), version: null },
      { version: null, retired: [], changed: false },
    );
    changeStore(machine.place, (store) =>
      changeState(store, machine.version(second), ['good'], 'as a crash leaves it'),
    );
    assert.deepEqual(markGood(machine.place, third).retired, [second]);
    assert.throws(() => markGood(machine.place, null), { code: 'no-version', advice: /mark-good VERSION/ });
    assert.equal(markGood(machine.placeWith(runningAs(machine, third)), null).version.id, third);
  });
});

test('the entry of an armed version is read by its initramfs as it was meant; of one that no boot makes there is none', async () => {
  await withThree(async (machine) => {
    assert.throws(() => bootEntry(machine.place, null), { code: 'nothing-next' });
    const image = await machine.import(machine.image('newer', imageContent(15)));
    const unarmed = machine.stage({ image, parent: third, arm: false }).version;
    assert.throws(() => bootEntry(machine.place, unarmed.id), {
      code: 'cannot-boot',
      message: /it is staged, and no boot/,
    });
    const { version } = machine.stage({ image, parent: third });
    const entry = bootEntry(machine.place, null);
    const request = parseBootRequest(parseKernelCommandLine(entry.commandLine));
    const device = execFileSync('blkid', ['-p', '-s', 'UUID', '-o', 'export', machine.device], {
      encoding: 'utf8',
    });
    const uuid = /^UUID=.*$/m.exec(device)?.[0] ?? '';
    const places = 'migrate/volumes/system';
    assert.deepEqual(request, {
      version: version.id,
      old: { device: uuid, subvolume: `${places}/branches/${third}` },
      base: { device: uuid, subvolume: `${places}/tags/debian-14` },
      new: { device: uuid, subvolume: `${places}/tags/debian-15` },
      root: { device: uuid, subvolume: `${places}/branches/${version.id}` },
      store: { device: uuid, path: 'migrate' },
      enabled: true,
    });
    for (const path of [entry.kernel, entry.initrd]) assert.ok(existsSync(join(machine.top, path)), path);
    commitRoot(machine, version);
    await recordAtBoot(
      inInitramfs(machine),
      storeKinds,
      { store: machine.store, version: version.id },
      { kind: 'committed' },
    );
    assert.doesNotMatch(bootEntry(machine.place, version.id).commandLine, /migrate\./);
  });
});
