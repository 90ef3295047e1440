import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import type { ItemDraft, Resolution } from '../../domain/item.ts';
import { buildAfterBoot, unfitModule } from '../../domain/work-after-boot.ts';
import type { CarriedModule } from './carried-modules.ts';
import type { DkmsSource } from './dkms-sources.ts';
import type { Request } from './requests.ts';

/** A module that some kernel of the new image would not load, and what there is to do about it. */
export type Unfit = {
  readonly module: CarriedModule;
  /** The kernels by their release, and why each would not load it. */
  readonly reasons: ReadonlyMap<ByteString, string>;
  /** Whether each of those kernels has a module of that name of its own. */
  readonly inKernel: boolean;
  /** Where its sources for dkms lie, and whether the new image has what building it for those kernels takes. */
  readonly dkms: (DkmsSource & { readonly canBuild: boolean }) | null;
  readonly requests: readonly Request[];
};

/**
 * The item on a module that does not fit. What a module is good for cannot be told from outside: it may drive the only
 * network card, or the disk of the root. So unless something takes its place, being without it is a person's decision,
 * and without one the machine stays on the version where it works. Something takes its place where the new kernel has
 * a module of that name itself, and where dkms can build it right after the boot, if the initramfs does not need it.
 */
export function unfitItem({ module, reasons, inKernel, dkms, requests }: Unfit): ItemDraft {
  const early = requests.some((request) => request.early);
  const resolutions = resolutionsFor({ inKernel, dkms, early });
  const settled = resolutions.some((resolution) => resolution.default === true);
  const releases = [...reasons.keys()].map(displayBytes).join(', ');
  return {
    kind: unfitModule,
    subject: module.path,
    severity: settled ? 'warning' : 'error',
    blocks: settled ? 'nothing' : 'boot',
    title: `The kernel module ${displayBytes(module.path)} does not fit the new kernel ${releases}`,
    detail: [...new Set(reasons.values()), askedFor(requests), settled ? null : stays].filter(Boolean).join('. '),
    resolutions,
    // Not the reasons: being without the module is the same whatever keeps it out.
    facts: [module.entry.size, module.entry.mtime, [...reasons.keys()], inKernel, dkms, early],
  };
}

const stays = 'Without an answer the machine stays on the previous version';

function askedFor(requests: readonly Request[]): string | null {
  if (requests.length === 0) return null;
  return `It is named in ${requests.map(({ path }) => displayBytes(path)).join(', ')}`;
}

/** What a person must see to, so that dkms can. */
function lackOf({ canBuild, automatic }: NonNullable<Unfit['dkms']>): string {
  if (!canBuild) return '; the image lacks dkms or the headers of that kernel, which must be installed';
  return automatic ? '' : '; dkms does not build it by itself (AUTOINSTALL in its dkms.conf), which must be asked for';
}

type Means = Pick<Unfit, 'inKernel' | 'dkms'> & { readonly early: boolean };

function resolutionsFor({ inKernel, dkms, early }: Means): Resolution[] {
  const resolutions: Resolution[] = [];
  if (inKernel) {
    resolutions.push({
      id: 'image',
      title: 'Use the module of that name that the new kernel has',
      default: true,
      dataLoss: 'none',
    });
  }
  if (dkms !== null) {
    const possible = dkms.canBuild && dkms.automatic;
    const byDefault = possible && !early && !inKernel ? { default: true as const } : {};
    const title = `Build it by dkms from ${displayBytes(dkms.source)} after the boot${lackOf(dkms)}`;
    resolutions.push({ id: buildAfterBoot, title, ...byDefault, dataLoss: 'none' });
  }
  resolutions.push({
    id: 'old-kernel',
    title: 'Go on without it: it stays with the previous version and its kernel',
    dataLoss: 'none',
  });
  return resolutions;
}
