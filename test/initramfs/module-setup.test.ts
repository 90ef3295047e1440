import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const script = join(import.meta.dirname, '../../dracut/50migrate/module-setup.sh');
const monitoring = 'activation/monitoring = 0\n';

/** dracut's functions, as far as files of LVM go: one that is in the initramfs already is left as it is. */
const dracut = `
inst_multiple() { :; }
inst_simple() {
    [[ $1 != -H ]] || shift
    [[ ! -e $initdir$1 ]] || return 0
    mkdir -p "$initdir\${1%/*}"
    cp "$dracutsysrootdir$1" "$initdir$1"
}
`;

/** What lvmlocal.conf is in an initramfs; `own` is the machine's, null where it has none. */
function installed(own: string | null, settings: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'module-setup-'));
  try {
    mkdirSync(join(directory, 'root/etc/lvm'), { recursive: true });
    if (own !== null) writeFileSync(join(directory, 'root/etc/lvm/lvmlocal.conf'), own);
    const paths = `initdir=${directory}/initramfs dracutsysrootdir=${directory}/root`;
    // dracut's own module for LVM comes after this one.
    const other = own === null ? '' : 'inst_simple -H /etc/lvm/lvmlocal.conf';
    execFileSync('bash', ['-ec', `${dracut}\n. ${script}\n${paths} ${settings}\ninstall_lvm\n${other}`]);
    return readFileSync(join(directory, 'initramfs/etc/lvm/lvmlocal.conf'), 'utf8');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("the initramfs of a machine has the machine's own settings of LVM, and watches no pools", () => {
  const own = 'local {\n\tsystem_id = "atlas"\n}\n# without an end';
  for (const settings of ['hostonly=yes', 'lvmconf=yes']) {
    assert.equal(installed(own, settings), `${own}\n${monitoring}`, settings);
  }
});

test('where the machine has none, or the initramfs is for any machine, it says only that no pools are watched', () => {
  assert.equal(installed(null, 'hostonly=yes').trimStart(), monitoring);
  assert.equal(installed('tags { hosttags = 1 }\n', 'hostonly= lvmconf=no').trimStart(), monitoring);
});
