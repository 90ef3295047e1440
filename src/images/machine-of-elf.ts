import type { ByteString } from '../domain/bytes.ts';

/** elf.h (EM_…): machines as `ConditionArchitecture=` of systemd.unit(5) names them. */
const machines: Readonly<Record<number, string>> = {
  3: 'x86',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x86-64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loongarch64',
};

/** The machine that a program is for, or null where it is no program in ELF or for none that is known. */
export function machineOfElf(program: ByteString): string | null {
  if (!program.startsWith('\x7fELF') || program.length < 20) return null;
  const isLittle = program.charCodeAt(5) === 1;
  const [first, second] = [program.charCodeAt(18), program.charCodeAt(19)];
  const name = machines[isLittle ? first + second * 256 : first * 256 + second] ?? null;
  return name === 'ppc64' && isLittle ? 'ppc64-le' : name;
}
