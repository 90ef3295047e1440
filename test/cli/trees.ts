import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Files by their paths; null for a path that is not there. */
type Files = Readonly<Record<string, string | null>>;

/** Three directories below one, and the options that name them. */
export type Trees = { readonly directory: string; readonly options: readonly string[] };

/** Every tree holds these, and what it changes of them. */
const delivered: Files = {
  'etc/hostname': 'debian\n',
  'etc/motd': 'welcome\n',
  'etc/ssh/sshd_config': 'Port 22\nUsePAM yes\n\nX11Forwarding no\n',
  'usr/lib/migrate/policy.d/10-test.policy': '# for tests\nignore /usr/**\npersist /etc/** strategy=merge\n',
};

export const quietUpdate = {
  old: { 'etc/hostname': 'machine7\n', 'etc/ssh/sshd_config': 'Port 2222\nUsePAM yes\n\nX11Forwarding no\n' },
  new: { 'etc/ssh/sshd_config': 'Port 22\nUsePAM yes\n\nX11Forwarding yes\n' },
} as const;

/** Both sides changed the same line: an error item with a default. */
export const conflictingUpdate = {
  old: { 'etc/motd': 'hello\n' },
  new: { 'etc/motd': 'good day\n' },
} as const;

/** Makes the trees, hands them on, and removes them. */
export function withTrees(changes: { readonly old?: Files; readonly new?: Files }, use: (trees: Trees) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-cli-'));
  try {
    fill(join(directory, 'base'), delivered);
    fill(join(directory, 'old'), { ...delivered, ...changes.old });
    fill(join(directory, 'new'), { ...delivered, ...changes.new });
    const options = ['base', 'old', 'new'].flatMap((side) => [`--${side}`, join(directory, side)]);
    use({ directory, options });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function fill(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    if (content === null) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}
