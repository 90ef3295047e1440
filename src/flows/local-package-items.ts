import { displayBytes } from '../domain/bytes.ts';
import type { Item, ItemDraft, Resolution } from '../domain/item.ts';
import { localPackageItem, type PackageResolution } from '../domain/local-package.ts';
import type { Rule } from '../domain/policy.ts';
import type { LocalPackage, LocalPackages } from '../packages/local-packages.ts';

type Complete = (draft: ItemDraft) => Item;
type Titles = Readonly<Record<PackageResolution, string>>;

const titles: Titles = {
  reinstall: 'Install it again after the boot, from the package sources of this machine',
  carry: 'Carry its files as they are; the package manager of the new version does not know of them',
  drop: 'Go on without it; its settings and data stay as the policy says',
};

/**
 * An item for each package that was installed here, and the rules that carry the files of those that are to be carried; one
 * item for all that were removed here.
 */
export function raiseLocalPackages(
  { chosen, others, removed }: LocalPackages,
  { hasBase, complete }: { readonly hasBase: boolean; readonly complete: Complete },
): { readonly items: readonly Item[]; readonly rules: readonly Rule[] } {
  const raised = chosen.map((local) => ({ local, item: complete(draftOf(local, hasBase)) }));
  const carried = raised.filter(({ item }) => item.settled?.resolution === 'carry');
  const rest = others.length === 0 ? [] : [complete(othersDraft(others))];
  const back = removed.length === 0 ? [] : [complete(removedDraft(removed))];
  return {
    items: [...raised.map(({ item }) => item), ...rest, ...back],
    rules: carried.flatMap(({ local }) => [local.name, ...local.with].map(carryRule)),
  };
}

/**
 * With the old image at hand the package is known to be the machine's choice, and comes back by itself. Without it the
 * package may as well be one that the vendor took out.
 */
function draftOf({ name, version, with: along }: LocalPackage, hasBase: boolean): ItemDraft {
  const shown = version === '' ? displayBytes(name) : `${displayBytes(name)} ${displayBytes(version)}`;
  const origin = hasBase ? 'was installed on this machine' : 'is on this machine, installed here or by the old image,';
  const withIt = along.length === 0 ? '' : `. With it came ${along.map(displayBytes).join(', ')}`;
  return {
    kind: localPackageItem,
    subject: name,
    paths: [],
    severity: hasBase ? 'warning' : 'recommendation',
    blocks: 'service',
    title: `The package ${shown} ${origin} and is not in the image`,
    detail: `Its programs are not in the new version until it is installed there; its settings and data are carried as the policy says${withIt}`,
    resolutions: resolutionsFor(hasBase ? 'reinstall' : 'drop'),
    facts: [name, version, along, hasBase],
  };
}

function resolutionsFor(fallback: PackageResolution): Resolution[] {
  return (['reinstall', 'carry', 'drop'] as const).map((id) => {
    const resolution: Resolution = { id, title: titles[id], dataLoss: 'none' };
    return id === fallback ? { ...resolution, default: true } : resolution;
  });
}

function othersDraft(names: LocalPackages['others']): ItemDraft {
  return {
    kind: 'local-dependencies',
    subject: '/',
    paths: [],
    severity: 'info',
    blocks: 'nothing',
    title: `${names.length} package${names.length === 1 ? '' : 's'} of this machine that others needed ${names.length === 1 ? 'is' : 'are'} not in the image`,
    detail: names.map(displayBytes).join(', '),
    resolutions: [],
    facts: names,
  };
}

/** Taking files out of the image would leave its package database with a package that is half there. */
function removedDraft(names: LocalPackages['removed']): ItemDraft {
  const [subject, verb] = names.length === 1 ? ['package', 'was'] : ['packages', 'were'];
  return {
    kind: 'removed-packages',
    subject: '/',
    paths: [],
    severity: 'recommendation',
    blocks: 'nothing',
    title: `${names.length} ${subject} that ${verb} removed here ${names.length === 1 ? 'comes' : 'come'} back with the image`,
    detail: `${names.map(displayBytes).join(', ')}. Remove what is not wanted once more in the new version; settings that were deleted here stay deleted`,
    resolutions: [],
    facts: names,
  };
}

function carryRule(name: string): Rule {
  return {
    verb: 'persist',
    pattern: `pkg:${name}`,
    attributes: {},
    source: { file: 'built in', line: 0 },
    reason: 'the package was chosen to be carried',
  };
}
