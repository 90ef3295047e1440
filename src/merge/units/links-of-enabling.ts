import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { UnitFile } from './find-unit.ts';
import { type InstallSection, installSectionOf } from './install-section.ts';
import type { Link } from './links.ts';
import type { Scope } from './scope.ts';
import { expandSpecifiers } from './specifiers.ts';
import type { Tree } from './tree.ts';
import { instanceOf, isTemplate, isUnitName, typeOf, withInstance } from './unit-name.ts';

/** What `systemctl enable` does for a unit in a tree. */
export type Enabling = {
  /** The links that it makes, by their paths. */
  readonly links: ReadonlyMap<RootPath, Link>;
  /** The units that it enables besides. */
  readonly also: readonly ByteString[];
};

/** What `systemctl enable` does for the unit, those apart that it enables besides. */
export function enablingOf(tree: Tree, scope: Scope, unit: UnitFile): Enabling {
  const section = installSectionOf(tree, scope, unit);
  const links = [...aliasLinks(scope, unit, section), ...dependencyLinks(scope, unit, section)];
  return {
    links: new Map(links.map((link) => [link.path, link])),
    also: expandAll(section.Also, unit, section).filter((name) => name !== unit.name && isUnitName(name)),
  };
}

function aliasLinks({ config }: Scope, unit: UnitFile, section: InstallSection): Link[] {
  return aliasesOf(unit, section).map((alias) => ({
    path: childOf(config, alias),
    kind: 'alias',
    unit: unit.name,
    target: unit.path,
  }));
}

/** The other names that a unit gets when it is enabled; an instance hands itself on to an alias that is a template. */
function aliasesOf(unit: UnitFile, section: InstallSection): ByteString[] {
  const instance = instanceOf(unit.name) ?? '';
  return expandAll(section.Alias, unit, section)
    .filter((alias) => isUnitName(alias) && typeOf(alias) === typeOf(unit.name))
    .map((alias) => (isTemplate(alias) && instance !== '' ? withInstance(alias, instance) : alias))
    .filter((alias) => alias !== unit.name);
}

function dependencyLinks({ config }: Scope, unit: UnitFile, section: InstallSection): Link[] {
  const name = enabledName(unit, section);
  const folders = [
    ...expandAll(section.WantedBy, unit, section).map((by) => ({ by, suffix: '.wants' })),
    ...expandAll(section.RequiredBy, unit, section).map((by) => ({ by, suffix: '.requires' })),
    ...expandAll(section.UpheldBy, unit, section).map((by) => ({ by, suffix: '.upholds' })),
  ];
  return folders
    .filter(({ by }) => isUnitName(by) && (!isTemplate(name) || instanceOf(by) !== null))
    .map(({ by, suffix }) => ({
      path: childOf(childOf(config, by + suffix), name),
      kind: 'dependency',
      unit: name,
      target: unit.path,
    }));
}

/** A template is enabled as its default instance, where it has one. */
function enabledName({ name }: UnitFile, { DefaultInstance }: InstallSection): ByteString {
  return isTemplate(name) && DefaultInstance !== '' ? withInstance(name, DefaultInstance) : name;
}

function expandAll(words: readonly ByteString[], { name }: UnitFile, section: InstallSection): ByteString[] {
  return words.flatMap((word) => expandSpecifiers(word, name, section.DefaultInstance) ?? []);
}
