import type { Scenario } from '../scenario.ts';
import { scenario as fails } from './fails.ts';

const { trial } = fails.entries;

export const scenario: Scenario = {
  ...fails,
  name: 'fails-no-systemd',
  promise: 'Without systemd too the previous root is up in the same boot where a migration fails.',
  entries: trial === undefined ? {} : { trial: { ...trial, initramfs: 'no-systemd' } },
  fullOnly: true,
};
