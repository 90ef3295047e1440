import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, test } from 'node:test';
import { regenerations } from '../../src/apply/regenerations.ts';
import { apply, Root, type Roots, type Situation, withRoots } from '../cases/migration.ts';
import { file, symlink, type Tree } from '../cases/trees.ts';
import { debianTree } from './debian-tree.ts';
import { intercept, Killed, methodOf } from './interruption.ts';

process.env['TMPDIR'] = '/dev/shm';

const shipped = ['10-base.policy', '20-debian.policy']
  .map((name) => readFileSync(resolve(import.meta.dirname, '../../src/policy/shipped', name), 'utf8'))
  .join('\n');
const modules = '/var/lib/selinux/default/active/modules';
const bundle = '/etc/ssl/certs/ca-certificates.crt';
const label = 'security.selinux';

let image = '';
before(async () => {
  image = await debianTree();
});

/** The old image: as the new one, but for one certificate that the bundle of the new one has more. */
function base(): Tree {
  return {
    '/etc/ca-certificates.conf': file(inImage('/etc/ca-certificates.conf')),
    [bundle]: file(certificates(inImage(bundle)).slice(0, -1).join('')),
    '/etc/locale.gen': file(inImage('/etc/locale.gen')),
  };
}

/** A machine with a library, a certificate, a key, a default and a locale of its own, and that SELinux module. */
function ours(module: string | null = '(type carried_t)\n'): Tree {
  const certificate = newCertificate();
  return {
    ...base(),
    '/usr/local/lib/libz.so.1': file(inImage('/usr/lib/x86_64-linux-gnu/libz.so.1')),
    '/usr/local/share/ca-certificates/Local CA.crt': file(certificate),
    [bundle]: file([...certificates(inImage(bundle)).slice(0, -1), certificate].join('')),
    '/etc/ssl/certs/Local_CA.pem': symlink('/usr/local/share/ca-certificates/Local CA.crt', { mtime: '1600000000.5' }),
    '/etc/udev/hwdb.d/70-key.hwdb': file('evdev:carried:*\n KEYBOARD_KEY_1=a\n'),
    '/etc/dconf/db/local.d/00': file("[org/carried]\nkey='value'\n"),
    '/etc/locale.gen': file(`${inImage('/etc/locale.gen')}de_DE.UTF-8 UTF-8\n`),
    ...(module === null ? {} : storeOf(module)),
  };
}

function storeOf(module: string): Tree {
  return { [`${modules}/400/carried/cil`]: file(module), [`${modules}/400/carried/lang_ext`]: file('cil') };
}

function inImage(path: string): string {
  return readFileSync(realpathSync(join(image, path)), 'latin1');
}

function certificates(pem: string): string[] {
  return pem.match(/-----BEGIN [\s\S]*?-----END CERTIFICATE-----\n/g) ?? [];
}

function newCertificate(): string {
  const args = ['req', '-x509', '-newkey', 'ed25519', '-noenc', '-keyout', '/dev/null', '-subj', '/CN=local'];
  return execFileSync('chroot', [image, 'openssl', ...args], {
    encoding: 'latin1',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** That machine, and as its new image the Debian, delivered with nothing in /dev. */
function onDebian(changes: Partial<Situation> = {}): Situation {
  return {
    on: 'ext4',
    size: '1G',
    base: base(),
    ours: ours(),
    theirs: {},
    policy: shipped,
    prepare: ({ theirs }) => {
      execFileSync('cp', ['-a', `${image}/.`, theirs]);
      for (const name of readdirSync(join(theirs, 'dev'))) rmSync(join(theirs, 'dev', name), { recursive: true });
    },
    ...changes,
  };
}

/** Applies and hands on the result and the notes of its outcome. */
async function applied(situation: Situation, check: (result: Root, notes: readonly string[]) => void): Promise<void> {
  await withRoots(situation, (roots) => {
    const done = apply(roots, situation);
    assert.ok(done.status === 'done', done.status);
    check(new Root(roots.theirs), done.outcome.notes);
  });
}

function inside({ directory: root }: Root, program: string, ...args: string[]): string {
  return execFileSync('chroot', [root, program, ...args], { encoding: 'latin1', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('cases 55, 57, 58: programs of the image make anew what they derive from carried settings', async () => {
  await applied(onDebian(), (result, notes) => {
    assert.deepEqual(notes, []);
    checkDerived(result);
    assert.equal(result.target('/etc/ssl/certs/Local_CA.pem'), '/usr/local/share/ca-certificates/Local CA.crt');
    assert.match(inside(result, 'systemd-hwdb', 'query', 'evdev:carried:x'), /KEYBOARD_KEY_1=a/);
    assert.match(result.text('/etc/dconf/db/local'), /carried\//);
    assert.match(inside(result, 'locale', '-a'), /^de_DE\.utf8$/m);
    for (const path of ['/etc', '/etc/dconf/db', '/etc/ssl/certs']) {
      assert.equal(result.mtime(path), new Root(image).mtime(path), `${path} has its time`);
    }
    assert.deepEqual(result.names('/dev'), []);
    checkModule(result);
  });
});

/** A carried SELinux module is in the policy, and what programs have made is labelled by it. */
function checkModule(result: Root): void {
  const [policy] = result.names('/etc/selinux/default/policy');
  assert.match(result.text(`/etc/selinux/default/policy/${policy}`), /carried_t/);
  assert.match(inside(result, 'semodule', '-lfull'), /^400 carried +cil/m);
  assert.match(result.xattrs('/etc/ld.so.cache')[label] ?? '', /:ld_so_cache_t:/);
  assert.match(result.xattrs(`/etc/selinux/default/policy/${policy}`)[label] ?? '', /:policy_config_t:/);
}

/** The cache of libraries names a carried one, and the bundle is that of the new image with the machine's own. */
function checkDerived(result: Root): void {
  assert.match(inside(result, 'ldconfig', '-p'), /libz\.so\.1 .* => \/usr\/local\/lib\/libz\.so\.1$/m);
  const expected = [...certificates(inImage(bundle)), result.text('/usr/local/share/ca-certificates/Local CA.crt')];
  assert.deepEqual(certificates(result.text(bundle)), expected);
}

test("cases 55, 58: certificates of the image arrive where the old image's changed here, and so do those put in by hand", async () => {
  const own = newCertificate();
  const all = certificates(inImage(bundle));
  const [first = '', second = ''] = readdirSync(join(image, 'etc/ssl/certs')).filter((name) => name.endsWith('.pem'));
  const linkOf = (name: string): string => new Root(image).target(`/etc/ssl/certs/${name}`);
  const before = { [`/etc/ssl/certs/${first}`]: symlink(linkOf(first)), [bundle]: file(all.slice(0, -2).join('')) };
  const machine: Tree = {
    // Its package of certificates was upgraded, and has taken one away.
    [bundle]: file([...all.slice(2, -2), own].join('')),
    '/etc/ssl/certs/Gone.pem': symlink('/usr/share/ca-certificates/mozilla/Gone.crt'),
    '/etc/ssl/certs/00000000.0': symlink('Gone.pem'),
    '/etc/ssl/certs/own.pem': file(own),
    // Under the name of one of the image's.
    [`/etc/ssl/certs/${second}`]: file(own),
  };
  await applied(onDebian({ base: before, ours: machine }), (result, notes) => {
    assert.deepEqual(notes, [`update-ca-certificates put a link of its own in the place of /etc/ssl/certs/${second}`]);
    assert.deepEqual(certificates(result.text(bundle)), all);
    for (const name of [first, second]) assert.equal(result.target(`/etc/ssl/certs/${name}`), linkOf(name));
    assert.equal(result.text('/etc/ssl/certs/own.pem'), own);
    const links = result.names('/etc/ssl/certs').filter((name) => /\.[0-9]$/.test(name));
    assert.ok(links.some((name) => result.target(`/etc/ssl/certs/${name}`) === 'own.pem'));
    for (const name of ['Gone.pem', '00000000.0']) assert.equal(result.exists(`/etc/ssl/certs/${name}`), false);
  });
});

test('cases 55, 58: without certificates of its own a machine has the bundle of the image, unless a rule names that', async () => {
  const all = certificates(inImage(bundle));
  const sides = {
    base: { [bundle]: file(all.slice(0, -1).join('')) },
    ours: { [bundle]: file(all.slice(1, -1).join('')) },
  };
  await applied(onDebian(sides), (result, notes) => {
    assert.deepEqual([notes, result.text(bundle)], [[], inImage(bundle)]);
  });
  const rule = `${shipped}\npersist ${bundle} strategy=copy\n`;
  await applied(onDebian({ ...sides, ours: { ...ours(null), ...sides.ours }, policy: rule }), (result) => {
    assert.deepEqual(certificates(result.text(bundle)), all.slice(1, -1));
  });
});

test('case 57: a module that the new policy has no use for leaves the policy of the image, with a note', async () => {
  const module = '(allow carried_t type_of_the_old_policy_t (file (read)))\n';
  await applied(onDebian({ ours: ours(module) }), (result, notes) => {
    assert.equal(notes.length, 1);
    assert.match(notes.join(), /^\/usr\/sbin\/semodule could not make anew .* Cannot run .*semodule -B -n/);
    const [policy] = result.names('/etc/selinux/default/policy');
    const path = `/etc/selinux/default/policy/${policy}`;
    assert.equal(result.text(path), inImage(path));
    assert.equal(result.text(`${modules}/400/carried/cil`), module);
    checkDerived(result);
  });
});

test('case 65: interrupted after the programs have run, it ends in the same', async () => {
  const situation = onDebian({ ours: ours(null) });
  await withRoots(situation, (roots) => {
    const cut = onDebian({
      seen: (trees) => {
        const original = methodOf(trees.theirs, 'setModified');
        intercept(trees.theirs, 'setModified', (args) => {
          if (args[0] === '/etc/dconf/db') throw new Killed('when times are set');
          return original(args);
        });
        return trees;
      },
    });
    assert.throws(() => apply(roots, cut), Killed);
    const done = apply(roots, situation);
    assert.ok(done.status === 'done', done.status);
    assert.deepEqual(done.outcome.notes, []);
    const result = new Root(roots.theirs);
    checkDerived(result);
    assert.equal(result.mtime('/etc/dconf/db'), new Root(image).mtime('/etc/dconf/db'));
  });
});

/** A new image in which one program is a text that no kernel starts. */
function withBroken(program: string): (roots: Roots) => void {
  return ({ theirs }) => {
    mkdirSync(join(theirs, 'usr/sbin'), { recursive: true });
    writeFileSync(join(theirs, 'usr/sbin', program), 'not a program', { mode: 0o755 });
  };
}

const library = { '/usr/local/lib/libx.so.1': file('library') };
const cache = { '/etc/ld.so.cache': file('cache of the image') };

test('case 58: a program that the image lacks is passed over, and one that fails leaves what is there, with a note', async () => {
  const situation: Situation = { base: cache, ours: { ...cache, ...library }, policy: shipped };
  await applied(situation, (result, notes) => {
    assert.deepEqual(notes, []);
    assert.equal(result.text('/etc/ld.so.cache'), 'cache of the image');
  });
  await applied({ ...situation, prepare: withBroken('ldconfig') }, (result, notes) => {
    assert.match(notes.join(), /^\/usr\/sbin\/ldconfig could not make anew/);
    assert.equal(result.text('/etc/ld.so.cache'), 'cache of the image');
    assert.equal(result.text('/usr/local/lib/libx.so.1'), 'library');
  });
});

test('case 58: a derived file that a rule names is left as it was here', async () => {
  const situation: Situation = {
    base: cache,
    ours: { ...library, '/etc/ld.so.cache': file('cache of the machine') },
    policy: `${shipped}\npersist /etc/ld.so.cache\n`,
    prepare: withBroken('ldconfig'),
  };
  await applied(situation, (result, notes) => {
    assert.deepEqual(notes, []);
    assert.equal(result.text('/etc/ld.so.cache'), 'cache of the machine');
  });
});

test('nothing is run where no source is touched', async () => {
  const situation: Situation = { base: cache, ours: { ...cache, '/etc/motd': file('x') }, policy: shipped };
  const breakAll = (roots: Roots): void => {
    for (const { program } of regenerations) withBroken(program)(roots);
  };
  await applied({ ...situation, prepare: breakAll }, (_result, notes) => assert.deepEqual(notes, []));
});

const settings = {
  '/etc/ld.so.conf': file('# image\ninclude /etc/ld.so.conf.d/*.conf\n'),
  '/etc/ca-certificates.conf': file('mozilla/One.crt\n!mozilla/Two.crt\n'),
  '/etc/locale.gen': file('# de_DE.UTF-8 UTF-8\nen_US.UTF-8 UTF-8\n'),
};
const commented = {
  '/etc/ld.so.conf': file('include /etc/ld.so.conf.d/*.conf\n \t# local\n\n'),
  '/etc/ca-certificates.conf': file('# local\nmozilla/One.crt\n\n!mozilla/Two.crt\n'),
  '/etc/locale.gen': file('en_US.UTF-8 UTF-8\n  # local\n'),
};

/** A machine with these settings, and an image whose programs fail when they are run. */
function withSettings(ours: Tree, changes: Partial<Situation> = {}): Situation {
  const broken = ['ldconfig', 'update-ca-certificates', 'locale-gen'].map(withBroken);
  const prepare = (roots: Roots): void => {
    for (const breakIt of broken) breakIt(roots);
  };
  return { base: settings, ours: { ...settings, ...ours }, policy: shipped, prepare, ...changes };
}

test('case 57: settings of which only comments changed have nothing made anew', async () => {
  await applied(withSettings(commented), (result, notes) => {
    assert.deepEqual(notes, []);
    assert.match(result.text('/etc/locale.gen'), /# local/);
  });
});

test('case 57: any line that counts, even one without its end, has it made anew', async () => {
  const changes: readonly Tree[] = [
    { '/etc/ld.so.conf': file('include /etc/ld.so.conf.d/*.conf # local\n') },
    { '/etc/ld.so.conf': file('# image\n') },
    { '/etc/ca-certificates.conf': file('mozilla/One.crt\n !mozilla/Two.crt\n') },
    { '/etc/ca-certificates.conf': file('mozilla/One.crt\n!mozilla/Two.crt') },
    { '/etc/locale.gen': file('de_DE.UTF-8 UTF-8\nen_US.UTF-8 UTF-8\n') },
    { '/etc/ld.so.conf.d/local.conf': file('# local\n') },
  ];
  for (const change of changes) {
    await applied(withSettings(change), (_result, notes) => {
      assert.equal(notes.length, 1, JSON.stringify(change));
      assert.match(notes.join(), /could not make anew/);
    });
  }
});

test('case 57: what counts is what the image says, not what it said before', async () => {
  const other = file('mozilla/Three.crt\n');
  const situation = withSettings(commented, { theirs: { ...settings, '/etc/ca-certificates.conf': other } });
  const policy = `${shipped}\npersist /etc/ca-certificates.conf strategy=copy\n`;
  await applied({ ...situation, policy }, (_result, notes) => {
    assert.equal(notes.length, 1);
    assert.match(notes.join(), /update-ca-certificates could not make anew/);
  });
});

test('case 65: interrupted when the settings have arrived, the image is still known as it was delivered', async () => {
  const situation = withSettings({ ...commented, '/etc/locale.gen': file('de_DE.UTF-8 UTF-8\n') });
  await withRoots(situation, (roots) => {
    const cut: Situation = {
      ...situation,
      seen: (trees) => {
        const original = methodOf(trees.theirs, 'rename');
        intercept(trees.theirs, 'rename', (args) => {
          if (args[1] === '/var/lib/migrate/outcome.json') throw new Killed('before the commit');
          return original(args);
        });
        return trees;
      },
    };
    assert.throws(() => apply(roots, cut), Killed);
    const done = apply(roots, situation);
    assert.ok(done.status === 'done', done.status);
    assert.equal(done.outcome.notes.length, 1);
    assert.match(done.outcome.notes.join(), /locale-gen could not make anew/);
  });
});
