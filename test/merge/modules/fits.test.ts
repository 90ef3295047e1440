import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kernel, misfitOf } from '../../../src/merge/modules/fits.ts';
import { type KernelModule, parseKernelModule } from '../../../src/merge/modules/kernel-module.ts';
import { parseSymvers } from '../../../src/merge/modules/symvers.ts';
import { realKernel } from './real-kernels.ts';

const bookworm = await realKernel('bookworm');
const trixie = await realKernel('trixie');
const none = new Map<string, number>();

function moduleOf(kernel: typeof bookworm, name: string): KernelModule {
  const place = kernel.modules.find((candidate) => candidate.includes(`/${name}.ko`));
  const module = place === undefined ? null : parseKernelModule(kernel.unpacked(place));
  assert.ok(module !== null, name);
  return module;
}

function kernelOf(kernel: typeof bookworm, vermagic = moduleOf(kernel, 'vfat').vermagic): Kernel {
  return { vermagic, symbols: parseSymvers(kernel.symvers) };
}

/** The bookworm kernel with one symbol changed. */
function changed(name: string, change: { checksum?: number; gplOnly?: boolean; namespace?: string } | null): Kernel {
  const kernel = kernelOf(bookworm);
  const symbols = new Map(kernel.symbols);
  const symbol = symbols.get(name);
  assert.ok(symbol !== undefined, name);
  if (change === null) symbols.delete(name);
  else symbols.set(name, { ...symbol, ...change });
  return { ...kernel, symbols };
}

test('case 63: every module of a kernel fits that kernel, and none fits the one of the next Debian', () => {
  for (const [kernel, other] of [
    [bookworm, trixie],
    [trixie, bookworm],
  ] as const) {
    const [own, next] = [kernelOf(kernel), kernelOf(other)];
    for (const place of kernel.modules) {
      const module = parseKernelModule(kernel.unpacked(place));
      assert.ok(module !== null);
      assert.equal(misfitOf(module, own, none), null, place);
      assert.notEqual(misfitOf(module, next, none), null, place);
    }
  }
});

test('case 63: the release in vermagic does not count where a module has versions of symbols, the flags do', () => {
  const vfat = moduleOf(bookworm, 'vfat');
  const renamed = vfat.vermagic.replace(bookworm.release, '9.9.9');
  assert.equal(misfitOf(vfat, kernelOf(bookworm, renamed), none), null);
  const preempt = vfat.vermagic.replace('preempt ', 'preempt_rt ');
  assert.match(misfitOf(vfat, kernelOf(bookworm, preempt), none) ?? '', /^it was built for "6.* preempt mod_unload/);
  const without = { ...vfat, hasVersions: false };
  assert.equal(misfitOf(without, kernelOf(bookworm), none), null);
  assert.match(misfitOf(without, kernelOf(bookworm, renamed), none) ?? '', /the kernel is "9\.9\.9 SMP/);
});

test('case 63: each symbol that a module needs has to be there, with its version, its license and its namespace', () => {
  const vfat = moduleOf(bookworm, 'vfat');
  const why = (kernel: Kernel): string | null => misfitOf(vfat, kernel, none);
  assert.equal(why(changed('clear_nlink', { checksum: 1 })), 'the kernel has another version of clear_nlink');
  assert.equal(why(changed('module_layout', { checksum: 1 })), 'the kernel has another version of module_layout');
  assert.equal(why(changed('clear_nlink', null)), 'the kernel does not offer it clear_nlink');
  assert.equal(why(changed('clear_nlink', { namespace: 'NEW' })), 'the kernel does not offer it clear_nlink');
  assert.equal(why(changed('clear_nlink', { gplOnly: true })), null);
  // Symbols that it does not need may change.
  assert.equal(why(changed('vfs_fsync', { checksum: 1 })), null);
  const proprietary = { ...vfat, license: 'Proprietary' };
  assert.match(misfitOf(proprietary, changed('clear_nlink', { gplOnly: true }), none) ?? '', /clear_nlink/);
});

test('case 63: symbols of another module that is carried count, with their version', () => {
  const fat = moduleOf(bookworm, 'fat');
  const vfat = moduleOf(bookworm, 'vfat');
  const kernel = kernelOf(bookworm);
  const symbols = new Map([...kernel.symbols].filter(([name]) => !fat.exports.has(name)));
  const alone = { ...kernel, symbols };
  assert.match(misfitOf(vfat, alone, none) ?? '', /does not offer it fat_\w+, .* and \d+ more$/);
  assert.equal(misfitOf(vfat, alone, fat.exports), null);
  const other = new Map([...fat.exports].map(([name]) => [name, 1]));
  assert.match(misfitOf(vfat, alone, other) ?? '', /another version of fat_/);
});

test('lists of symbols are read with and without a namespace, wherever it stands', () => {
  const symvers = [
    '0x0000000a\told\tvmlinux\tEXPORT_SYMBOL',
    '0x0000000b\tmiddle\tNS\tvmlinux\tEXPORT_SYMBOL_GPL',
    '0x0000000c\tnew\tdrivers/x\tEXPORT_SYMBOL_NS_GPL\tNS',
    'nonsense',
    '0xzz\tbad\tvmlinux\tEXPORT_SYMBOL',
    // What is read as a number elsewhere, and is no checksum of 32 bits.
    ...['', '1e3', '-1', '0x100000000'].map((checksum) => `${checksum}\tbad\tvmlinux\tEXPORT_SYMBOL`),
  ];
  assert.deepEqual(
    [...parseSymvers(symvers.join('\n'))],
    [
      ['old', { checksum: 10, gplOnly: false, namespace: '' }],
      ['middle', { checksum: 11, gplOnly: true, namespace: 'NS' }],
      ['new', { checksum: 12, gplOnly: true, namespace: 'NS' }],
    ],
  );
});
