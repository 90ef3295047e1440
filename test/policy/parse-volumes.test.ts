import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeclaredVolume } from '../../src/domain/declared-volume.ts';
import { Failure } from '../../src/domain/failure.ts';
import { parseVolumes } from '../../src/policy/parse-volumes.ts';

function declared(line: string): Omit<DeclaredVolume, 'source'> {
  const [volume, ...more] = parseVolumes(line, 'x.volume');
  assert.ok(volume !== undefined && more.length === 0, line);
  const { source: _source, ...rest } = volume;
  return rest;
}

test('a line names a volume, its mount point and its class; data is shared, settings and state follow their version', () => {
  const home = { name: 'home', class: 'data', mountPoint: '/home', binding: 'shared', options: [] };
  assert.deepEqual(declared('volume home /home class=data'), home);
  assert.equal(declared('volume settings /etc/opt class=config').binding, 'version');
  assert.equal(declared('volume pg /var/lib/postgresql class=state').binding, 'version');
});

test('binding and options can be said; order of attributes, blanks, comments and a byte order mark do not matter', () => {
  assert.deepEqual(declared('\tvolume  srv /srv/ options=nodev,noatime  binding=version class=data # why\r'), {
    name: 'srv',
    class: 'data',
    mountPoint: '/srv',
    binding: 'version',
    options: ['nodev', 'noatime'],
  });
  const volumes = parseVolumes('\xef\xbb\xbf# two\n\nvolume a /a class=data\nvolume b /b class=data\n', 'x.volume');
  assert.deepEqual(
    volumes.map(({ name, source }) => [name, source.file, source.line]),
    [
      ['a', 'x.volume', 3],
      ['b', 'x.volume', 4],
    ],
  );
});

test('case 7: a mount point is bytes, and blanks and wildcards in it are written as in a policy', () => {
  assert.equal(declared('volume a /srv/my\\ data class=data').mountPoint, '/srv/my data');
  assert.equal(declared('volume a /srv/\xc3\xa9\\* class=data').mountPoint, '/srv/\xc3\xa9*');
});

const mistakes: readonly (readonly [line: string, message: RegExp])[] = [
  ['mount home /home class=data', /unknown word "mount": a line starts with "volume"/],
  ['volume home', /"volume" needs a name and a mount point/],
  ['volume home /home', /the class is missing: class=config/],
  ['volume home /home class=system', /unknown class "system"/],
  ['volume home /home class=data class=data', /"class=data" is the second "class"/],
  ['volume home /home class=data size=3', /"size=3" is no attribute of a volume/],
  ['volume home /home class=data options=', /"options=" is no attribute of a volume/],
  ['volume home /home class=data binding=both', /"binding=both": binding=version .* and binding=shared/],
  ['volume home /home class=data options=a,,b', /"options=a,,b" has an empty option/],
  ['volume home /home class=data options=subvol=x', /option "subvol=x": what is mounted is for migrate to say/],
  ['volume home /home class=data options=x\\', /cannot stand in a mount unit/],
  ['volume system /srv class=data', /"system" is the volume of the versions' roots/],
  ['volume a/b /srv class=data', /"a\/b" is no name of a volume/],
  ['volume a.json /srv class=data', /"a\.json" is no name of a volume/],
  ['volume a home class=data', /"home" is no mount point: it starts with "\/"/],
  ['volume a / class=data', /"\/" is the root of the version itself/],
  ['volume a /srv/* class=data', /"\/srv\/\*" has wildcards/],
  ['volume a /srv/../usr class=data', /"\.\." is no component/],
  ['volume a //srv class=data', /"\/\/" names nothing/],
  ['volume a /etc class=config', /"\/etc" cannot be a volume: its files are needed before anything is mounted/],
  ['volume a /etc/ class=config', /"\/etc" cannot be a volume/],
  ['volume a /etc/migrate class=config', /"\/etc\/migrate" cannot be a volume: the declarations of volumes are there/],
  ['volume a /etc/systemd/system class=config', /the units that mount volumes are there/],
  ['volume a /usr/local class=data', /"\/usr\/local" cannot be a volume: the programs of the image are there/],
  ['volume a /boot class=data', /the boot loader reads it/],
  ['volume a /run/x class=data', /it does not outlive a boot/],
  ['volume a /var/lib/migrate class=data', /it belongs to migrate itself/],
  ['volume a /srv/\xff class=data', /cannot stand in a mount unit: it is not UTF-8/],
  ['volume a /srv/\\n class=data', /cannot stand in a mount unit/],
  ['volume a /srv/\\\\ class=data', /cannot stand in a mount unit/],
  ['volume a /srv/\\  class=data', /cannot stand in a mount unit/],
  [`volume a /srv/${'-'.repeat(80)} class=data`, /its mount unit would have more than 255 bytes/],
];

test('a mistake is refused with the file, the line and what is allowed', () => {
  for (const [line, message] of mistakes) {
    assert.throws(
      () => parseVolumes(`# one\n${line}\n`, '/etc/migrate/volumes.d/x.volume'),
      (error) =>
        error instanceof Failure &&
        error.code === 'volume-syntax' &&
        error.kind === 'input' &&
        error.message.startsWith('/etc/migrate/volumes.d/x.volume, line 2: ') &&
        message.test(error.message),
      line,
    );
  }
});

test('names that only begin like a reserved place are free', () => {
  for (const path of [
    '/usr2',
    '/etcetera',
    '/bootstrap',
    '/etc/migrate2',
    '/var',
    '/opt',
    '/root',
    '/var/lib/migrated',
  ])
    assert.equal(declared(`volume a ${path} class=data`).mountPoint, path);
});
