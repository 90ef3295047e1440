import type { RootPath } from './path.ts';
import type { RuleSource } from './policy.ts';
import type { VolumeClass } from './volume.ts';

/** Classes of volumes that a machine declares; `system` is the roots' own. */
export type DeclaredClass = Exclude<VolumeClass, 'system'>;

/** A volume as `volumes.d` declares it. */
export type DeclaredVolume = {
  readonly name: string;
  readonly class: DeclaredClass;
  readonly mountPoint: RootPath;
  /** Whether each version has a branch of its own, or all versions use the same one. */
  readonly binding: 'version' | 'shared';
  /** Mount options, as mount(8) takes them, besides what the storage needs. */
  readonly options: readonly string[];
  /** Where it is declared. */
  readonly source: RuleSource;
};

/** What a class is bound by where nothing else is said: settings and state follow their version, data does not. */
export function usualBinding(volumeClass: DeclaredClass): DeclaredVolume['binding'] {
  return volumeClass === 'data' ? 'shared' : 'version';
}
