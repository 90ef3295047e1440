import type { RootPath } from '../domain/path.ts';
import type { JointDecision, JointInput, JointOutcome, JointStrategy } from './joint-strategy.ts';

/**
 * Stamps by which systemd tells that /etc or /var are as new as /usr (systemd-update-done.service(8)). One that an image
 * ships, or that is carried, keeps ldconfig, sysusers, hwdb and their kin from their work after the update (case 55).
 */
const stamps: readonly RootPath[] = ['/etc/.updated', '/var/.updated'];

/** Takes the stamps out of the result, whoever has them. */
export const updateStamps: JointStrategy = { name: 'update-stamps', decide };

function decide({ view, verdictOf }: JointInput): JointOutcome {
  const present = stamps.filter((path) => view.entry('theirs', path) !== null);
  const meant = present.filter((path) => !(verdictOf(path).verb !== 'ignore' && verdictOf(path).exact));
  return { decided: new Map(meant.map((path) => [path, removed])), items: [], owners: null };
}

const removed: JointDecision = { node: 'absent', reason: 'without it systemd does its work after an update' };
