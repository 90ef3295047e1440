import assert from 'node:assert/strict';
import type { JointDecision } from '../../src/merge/joint-strategy.ts';
import { misfitOf } from '../../src/merge/modules/fits.ts';
import { type KernelModule, parseKernelModule } from '../../src/merge/modules/kernel-module.ts';
import { modules } from '../../src/merge/modules/modules.ts';
import { type ExportedSymbol, parseSymvers } from '../../src/merge/modules/symvers.ts';
import { type MadeModule, writeModule } from '../merge/modules/write-module.ts';
import { fuzz } from './fuzz.ts';
import { inputOf, type Node, resultOf, type Trees } from './memory-input.ts';

/** Between a module and what the new image and this machine say of modules. */
const separator = '\n\x1e\n';

const made: Omit<MadeModule, 'bits' | 'littleEndian'> = {
  info: ['license=GPL', 'import_ns=ONE', 'vermagic=1.2 SMP mod_unload modversions '],
  versions: [
    ['module_layout', 0x80000001],
    ['_printk', 0xfedcba98],
  ],
  symbols: [
    { name: '_printk' },
    { name: 'maybe', weak: true },
    { name: '__ksymtab_by_table', section: 5 },
    { name: '__crc_by_table', section: 5, value: 4 },
  ],
  checksums: [1, 0xf0000001],
};
const own = writeModule({ ...made, bits: 64, littleEndian: true }).toString('latin1');
const symvers =
  '0xfedcba98\t_printk\tvmlinux\tEXPORT_SYMBOL_GPL\tONE\n0x80000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n';
const texts = [
  symvers,
  'kernel/fs/own.ko: kernel/fs/x.ko\n',
  'PACKAGE_NAME="vendor"\nBUILT_MODULE_NAME[0]=vendor\nAUTOINSTALL=yes # x\n',
];

const oldPlace = '/usr/lib/modules/1/updates/vendor.ko';
const newPlace = '/usr/lib/modules/2/updates/vendor.ko';

fuzz({
  name: 'kernel modules',
  longest: 6000,
  seeds: [
    ...([32, 64] as const).flatMap((bits) =>
      [true, false].map((littleEndian) =>
        [writeModule({ ...made, bits, littleEndian }).toString('latin1'), ...texts].join(separator),
      ),
    ),
    [
      writeModule({ ...made, bits: 64, littleEndian: true, extended: [['_printk', 7]], versions: null }).toString(
        'latin1',
      ),
      '0x1\tone\tONE\tvmlinux\tEXPORT_SYMBOL\n',
      'updates/vendor.ko:\n',
      'PACKAGE_NAME=a\nPACKAGE_VERSION=$PACKAGE_NAME-$PACKAGE_NAME\n',
    ].join(separator),
  ],
  words: [
    separator,
    '\x7fELF\x02\x01',
    '\0',
    '\0\0\0\x08',
    '\xff\xff\xff\xff',
    '\x00\x00\x00\x80',
    '\x08\0\0\0',
    'vermagic=',
    '__versions\0',
    '__crc_',
    '.modinfo\0',
    '\tEXPORT_SYMBOL_GPL\t',
    '\t',
    '0x',
    '-1\t',
    '1e3\t',
    '$PACKAGE_NAME',
    '[0]=',
    '__proto__',
    'kernel/x/vendor.ko.xz:\n',
  ],
  attempt(input) {
    const [bytes = '', list = '', index = '', dkms = ''] = input.split(separator);
    for (const { checksum } of parseSymvers(list).values()) assertChecksum(checksum);
    const module = parseKernelModule(bytes);
    if (module !== null) checkModule(module, bytes);
    return `${checkDecision(bytes, list, index, dkms)} ${module?.needs.size} ${module?.versions.size} ${module?.exports.size}`;
  },
});

function assertChecksum(checksum: number): void {
  assert.ok(Number.isInteger(checksum) && checksum >= 0 && checksum <= 0xffff_ffff, `${checksum} has 32 bits`);
}

function checkModule(module: KernelModule, bytes: string): void {
  const names = [...module.needs.keys(), ...module.versions.keys(), ...module.exports.keys(), ...module.namespaces];
  for (const name of [...names, module.vermagic, module.license])
    assert.ok(bytes.includes(name), 'names are in the file');
  for (const checksum of module.versions.values()) assertChecksum(checksum);
  for (const checksum of module.exports.values()) if (checksum !== null) assertChecksum(checksum);
  checkFit(module);
}

/** A kernel with all that a module needs loads it; one that lacks a symbol, or has another version of it, does not. */
function checkFit(module: KernelModule): void {
  const { vermagic, versions } = module;
  const symbols = new Map([...module.needs.keys()].map((name) => [name, exported(versions.get(name) ?? 1)]));
  const misfit = (others: ReadonlyMap<string, ExportedSymbol>): string | null =>
    misfitOf(module, { vermagic, symbols: others }, new Map());
  assert.equal(misfit(symbols), null);
  const [name] = [...module.needs].find(([, { optional }]) => !optional) ?? [];
  if (name === undefined) return;
  assert.match(misfit(new Map([...symbols].filter(([other]) => other !== name))) ?? '', /does not offer/);
  const version = versions.get(name);
  if (version === undefined) return;
  const other = exported(version === 1 ? 2 : 1);
  assert.match(misfit(new Map([...symbols, [name, other]])) ?? '', /another version/);
}

function exported(checksum: number): ExportedSymbol {
  return { checksum, gplOnly: false, namespace: '' };
}

/** The module goes to the new kernel, or there is an item; nothing stays below the old one. */
function checkDecision(bytes: string, list: string, index: string, dkms: string): string {
  const trees = treesWith(bytes, list, index, dkms);
  const { decided, items } = modules.decide(inputOf(trees, 'modules'));
  assert.equal(decided.get(oldPlace)?.node, 'absent', 'nothing stays below the old kernel');
  const placed: JointDecision | undefined = decided.get(newPlace);
  const told = items.some(({ title, paths }) => title.includes('vendor') || paths.includes(oldPlace));
  const isBrought = /^(?!kernel\/)[^:\n]*\bvendor\.ko/m.test(index);
  assert.ok(placed?.node === 'ours-from' || told || isBrought, 'it goes along, or a person hears of it');
  if (placed !== undefined) assert.deepEqual(resultOf(trees, decided).get(newPlace), trees.ours.get(oldPlace));
  return `${placed?.node} ${items.map(({ key, resolutions }) => key.length + resolutions.length).join()}`;
}

function treesWith(bytes: string, list: string, index: string, dkms: string): Trees {
  const base: [string, Node][] = [['/usr/lib/modules/1/modules.builtin', { content: '' }]];
  return {
    base: new Map(base),
    ours: new Map([...base, [oldPlace, { content: bytes }], ['/usr/src/vendor-1/dkms.conf', { content: dkms }]]),
    theirs: new Map([
      ['/usr/lib/modules/2/modules.builtin', { content: '' }],
      ['/usr/lib/modules/2/modules.dep', { content: index }],
      ['/usr/lib/modules/2/kernel/fs/own.ko', { content: own }],
      ['/boot/symvers-2', { content: list }],
    ]),
  };
}
