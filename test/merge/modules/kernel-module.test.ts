import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type KernelModule, parseKernelModule } from '../../../src/merge/modules/kernel-module.ts';
import { parseSymvers } from '../../../src/merge/modules/symvers.ts';
import type { Suite } from '../debian-packages.ts';
import { realKernel } from './real-kernels.ts';
import { absolute, checksumSection, type MadeModule, writeModule } from './write-module.ts';

const scratch = mkdtempSync(join(tmpdir(), 'migrate-modules-'));
after(() => rmSync(scratch, { recursive: true }));

function read(bytes: string): KernelModule {
  const module = parseKernelModule(bytes);
  assert.ok(module !== null);
  return module;
}

function linesOf(program: string, ...args: string[]): string[] {
  const output = execFileSync(program, args, { encoding: 'latin1', stdio: 'pipe', maxBuffer: 2 ** 26 });
  return output.split('\n').filter((line) => line !== '');
}

/** What kmod and binutils say of the file, in the shape of what we read. */
function oracle(file: string): Pick<KernelModule, 'vermagic' | 'license' | 'namespaces' | 'versions' | 'needs'> {
  const field = (name: string): string[] => linesOf('modinfo', '-F', name, file);
  const versions = linesOf('modprobe', '--dump-modversions', file).map((line) => line.split('\t'));
  const symbols = linesOf('readelf', '--symbols', '--wide', file).map((line) => line.trim().split(/\s+/));
  const undefinedOnes = symbols.filter((symbol) => symbol[6] === 'UND' && symbol[7] !== undefined);
  return {
    vermagic: field('vermagic')[0] ?? '',
    license: field('license')[0] ?? '',
    namespaces: new Set(field('import_ns')),
    versions: new Map(versions.map(([checksum, name]) => [name ?? '', Number(checksum)])),
    needs: new Map(undefinedOnes.map((symbol) => [symbol[7] ?? '', { optional: symbol[4] === 'WEAK' }])),
  };
}

function compared({ vermagic, license, namespaces, versions, needs }: KernelModule): ReturnType<typeof oracle> {
  return { vermagic, license, namespaces, versions, needs };
}

for (const suite of ['bookworm', 'trixie'] satisfies Suite[]) {
  test(`case 63: a module of Debian ${suite} reads as modinfo, modprobe and readelf read it`, async () => {
    const kernel = await realKernel(suite);
    // Every eighth, so that the tools are not started a thousand times.
    for (const place of kernel.modules.filter((_, index) => index % 8 === 0)) {
      const bytes = kernel.unpacked(place);
      const file = join(scratch, `${suite}.ko`);
      writeFileSync(file, bytes, 'latin1');
      assert.deepEqual(compared(read(bytes)), oracle(file), place);
    }
  });

  test(`case 63: what the modules of Debian ${suite} export has the checksums of its Module.symvers`, async () => {
    const kernel = await realKernel(suite);
    const symbols = parseSymvers(kernel.symvers);
    let exported = 0;
    for (const place of kernel.modules) {
      for (const [name, checksum] of read(kernel.unpacked(place)).exports) {
        exported += 1;
        assert.equal(checksum, symbols.get(name)?.checksum, `${place} ${name}`);
      }
    }
    assert.ok(exported > 50, `${exported} symbols`);
  });
}

const made: Omit<MadeModule, 'bits' | 'littleEndian'> = {
  info: ['license=GPL', 'import_ns=ONE', 'import_ns=TWO', 'name=made', 'vermagic=1.2 SMP mod_unload modversions '],
  versions: [
    ['module_layout', 0x80000001],
    ['_printk', 0xfedcba98],
  ],
  symbols: [
    { name: '_printk' },
    { name: 'maybe', weak: true },
    { name: '__ksymtab_by_table', section: checksumSection },
    { name: '__crc_by_table', section: checksumSection, value: 4 },
    { name: '__ksymtab_by_value', section: checksumSection },
    { name: '__crc_by_value', section: absolute, value: 0xf0000002 },
    { name: '__ksymtab_without', section: checksumSection },
  ],
  checksums: [1, 0xf0000001],
};

for (const bits of [32, 64] as const) {
  for (const littleEndian of [true, false]) {
    test(`a module of ${bits} bits, ${littleEndian ? 'little' : 'big'}-endian, reads as kmod and readelf read it`, () => {
      const bytes = writeModule({ ...made, bits, littleEndian });
      const file = join(scratch, 'made.ko');
      writeFileSync(file, bytes);
      const module = read(bytes.toString('latin1'));
      assert.deepEqual(compared(module), oracle(file));
      assert.equal(module.versions.get('_printk'), 0xfedcba98);
      assert.deepEqual(
        [...module.exports],
        [
          ['by_table', 0xf0000001],
          ['by_value', 0xf0000002],
          ['without', null],
        ],
      );
    });
  }
}

test('the extended table of versions comes first, and is none that lets the release differ', () => {
  const extended = [['a_name_that_is_longer_than_the_basic_table_has_room_for_in_its_entries', 7]] as const;
  const both = read(writeModule({ ...made, bits: 64, littleEndian: true, extended }).toString('latin1'));
  assert.deepEqual([...both.versions], extended);
  assert.equal(both.hasVersions, true);
  const alone = { ...made, bits: 64, littleEndian: true, extended, versions: null } as const;
  assert.equal(read(writeModule(alone).toString('latin1')).hasVersions, false);
});

test('a table of versions that takes no room in the file holds nothing, whatever size it claims', () => {
  const bytes = writeModule({ ...made, bits: 64, littleEndian: true });
  // The header of the fifth section: type, address, offset and size.
  const header = Number(bytes.readBigUInt64LE(0x28)) + 4 * 64;
  bytes.writeUInt32LE(8, header + 4);
  bytes.writeBigUInt64LE(1n << 62n, header + 32);
  const started = performance.now();
  assert.equal(read(bytes.toString('latin1')).hasVersions, true);
  assert.ok(performance.now() - started < 5000);
});

test('what is no module is told, and damage of any kind neither throws nor takes long', async () => {
  for (const bytes of ['', 'text', '\x7fELF', `\x7fELF\x02\x01${'\0'.repeat(100)}`]) {
    assert.equal(parseKernelModule(bytes), null);
  }
  const kernel = await realKernel('bookworm');
  const place = kernel.modules.find((name) => name.endsWith('/vfat.ko')) ?? '';
  const whole = kernel.packed(place);
  const started = performance.now();
  for (let seed = 1, round = 0; round < 2000; round++) {
    seed = (seed * 48271) % 2147483647;
    // Headers lie at both ends of the file.
    const at = round % 2 === 0 ? seed % 64 : whole.length - 1 - (seed % 4000);
    const damaged = whole.slice(0, at) + String.fromCharCode(seed % 256) + whole.slice(at + 1);
    parseKernelModule(damaged);
    parseKernelModule(whole.slice(0, seed % whole.length));
  }
  assert.ok(performance.now() - started < 60_000);
});
