import { oldVersion } from './cut-machine.ts';
import type { Cut } from './draw-cuts.ts';
import { type Phase, phaseNames } from './phases.ts';
import type { Recording } from './recording.ts';

/** What the system that came up after a cut says of itself, by question; empty where there was no answer. */
export type Answers = Readonly<Record<'why' | 'status' | 'fsck' | 'doctor' | 'failed', string>>;

/** Nothing half made is left that anybody complains of; the ledger was examined twice where there was something to collect. */
export function wrongAnswers({ status, fsck, doctor, failed }: Answers): readonly string[] {
  return [
    ...(/^Running +\S+, good since /.test(status) ? [] : [`migrate status: ${status}`]),
    ...(/^(The ledger and the store agree\n?){1,2}$/.test(fsck) ? [] : [`migrate volume fsck: ${fsck}`]),
    ...(doctor === 'Nothing found' ? [] : [`migrate doctor: ${doctor}`]),
    ...(failed === '' ? [] : [`units that failed: ${failed}`]),
  ];
}

/** The old or the new version; only the new one where it was said to be armed, and that without a try where it was said to be good. */
export function wrongVersion(
  { at }: Pick<Cut, 'at'>,
  { booted, why }: { readonly booted: string | null; readonly why: string | null },
  { bounds, newVersion }: Pick<Recording, 'bounds' | 'newVersion'>,
): readonly string[] {
  const begins = (phase: Phase): number => bounds[phaseNames.indexOf(phase)] ?? 0;
  const allowed = at < begins('restart') ? [oldVersion, newVersion] : [newVersion];
  return [
    ...(booted !== null && allowed.includes(booted)
      ? []
      : [`${booted ?? 'nothing'} came up, not ${allowed.join(' or ')}`]),
    ...(at < begins('good') || why === 'stable' ? [] : [`it was good, and started with ${why}`]),
  ];
}
