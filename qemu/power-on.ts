import type { BootSettings } from './boot.ts';
import type { Disk } from './machine.ts';
import type { Boot, Scenario } from './scenario.ts';

/** Whether a disk is there for the loader, and nothing looks at it while the machine is off. */
export function isOfLoader({ name }: Disk): boolean {
  return name === 'boot' || name === 'esp';
}

/** What the machine is made of at a boot. A loader starts it from the first of its disks; QEMU takes all as they are. */
export function startOf(
  scenario: Scenario,
  boot: Boot,
  { ofLoader, disks }: { readonly ofLoader: readonly Disk[]; readonly disks: readonly Disk[] },
): Pick<BootSettings, 'grubDisk' | 'disks' | 'hardware'> {
  const { loader, firmware, watchdog, network } = scenario;
  const machine = {
    ...(watchdog === true ? { watchdog } : {}),
    ...(network === true ? { network } : {}),
  };
  const isByLoader = loader === 'grub' || boot.entry === 'loader';
  if (!isByLoader) return { grubDisk: null, disks: [...ofLoader, ...disks], hardware: machine };
  const [grubDisk = null, ...others] = ofLoader;
  const isUefi = loader === 'systemd-boot' || firmware === 'uefi';
  const hardware = isUefi ? { ...machine, firmware: 'uefi' as const } : machine;
  return { grubDisk, disks: [...others, ...disks], hardware };
}
