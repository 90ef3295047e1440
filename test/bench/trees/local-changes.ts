import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** What an administrator does to the settings of a machine, and how often; all below /etc, which ostree carries too. */
const kinds: readonly { readonly count: number; readonly change: (file: string) => void }[] = [
  { count: 250, change: (file) => appendFileSync(file, '# local\n') },
  { count: 30, change: changeOneByte },
  { count: 40, change: (file) => rmSync(file) },
  { count: 30, change: (file) => chmodSync(file, 0o640) },
  { count: 20, change: (file) => lchownSync(file, 1000, 1000) },
  { count: 20, change: (file) => execFileSync('setfattr', ['-n', 'user.note', '-v', 'local', file]) },
  { count: 10, change: (file) => execFileSync('setfacl', ['-m', 'u:1000:r', file]) },
];

/** Files whose damage would make the machine another one: what knows their format is measured elsewhere. */
const spared = /^(passwd|shadow|group|gshadow|subuid|subgid)-?$|^fstab$|^ld\.so\.cache$|^\.updated$|^selinux\//;

/** Makes 500 local changes in a root whose settings lie in the directory: 400 to files of the image, 100 of its own. */
export function makeLocalChanges(settings: string): void {
  const files = execFileSync('find', [settings, '-type', 'f', '-size', '+0'], {
    encoding: 'latin1',
    maxBuffer: 2 ** 28,
  })
    .split('\n')
    .filter((file) => file !== '' && !spared.test(file.slice(settings.length + 1)))
    .toSorted();
  const wanted = kinds.reduce((sum, { count }) => sum + count, 0);
  if (files.length < wanted) throw new Error(`${settings} has ${files.length} files instead of at least ${wanted}`);
  const chosen = Array.from({ length: wanted }, (_, index) => files[Math.floor((index * files.length) / wanted)] ?? '');
  // The kinds take turns, so that each meets every part of the tree.
  const turns = kinds.flatMap(({ count, change }) =>
    Array.from({ length: count }, (_, index) => ({ at: (index + 0.5) / count, change })),
  );
  for (const [index, { change }] of turns.toSorted((a, b) => a.at - b.at).entries()) change(chosen[index] ?? '');
  addOwn(join(settings, 'site.d'));
}

function addOwn(directory: string): void {
  mkdirSync(directory);
  for (let number = 1; number < 80; number++) writeFileSync(join(directory, `${number}.conf`), `setting = ${number}\n`);
  for (let number = 80; number < 100; number++) symlinkSync('1.conf', join(directory, `${number}.conf`));
}

/** Same size, same time: only who reads the content sees it (case 1). */
function changeOneByte(file: string): void {
  const { atime, mtime } = statSync(file);
  const content = readFileSync(file);
  content[0] = content[0] === 0x23 ? 0x3b : 0x23;
  writeFileSync(file, content);
  utimesSync(file, atime, mtime);
}
