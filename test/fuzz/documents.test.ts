import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { parseBootRequest } from '../../src/domain/boot-request.ts';
import { parseChoices } from '../../src/domain/choices.ts';
import { parseKernelCommandLine } from '../../src/domain/kernel-command-line.ts';
import { planFromJson, planToJson, sealPlan } from '../../src/domain/plan-json.ts';
import { fuzz } from './fuzz.ts';

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

const attributes = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  xattrs: [{ name: 'user.x', value: '\xff\0' }],
  flags: 0,
  mtime: { seconds: 1, nanoseconds: 2 },
};
const plan = sealPlan(
  {
    schema: 'migrate.plan/1',
    roots: [{ id: 'system', base: '/b', ours: '/o', theirs: '/t' }],
    decisions: [],
    actions: [
      { kind: 'file', root: 'system', path: '/etc/\xff', content: { from: 'ours', size: 3, at: '/etc/y' }, attributes },
    ],
    items: [],
    summary: { decisions: {}, items: {}, bytes: 3, actions: 1 },
  },
  digest,
);

/** A fuzzer does not find a digest that fits: it is put right, so that the reader comes to what is inside. */
function resealed(text: string): string {
  const match = /"digest":"[0-9a-f]*"/.exec(text);
  if (match === null) return text;
  try {
    const { digest: _digest, ...rest } = JSON.parse(text);
    return JSON.stringify({ ...rest, digest: digest(JSON.stringify(rest)) });
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

fuzz({
  name: 'a plan',
  seeds: [planToJson(plan)],
  words: [
    '"kind":"file"',
    '"path":',
    '{"base64":"!!"}',
    'null',
    '[]',
    '{}',
    '"actions":',
    '"digest":',
    '"schema":"migrate.plan/1"',
    '1e999',
  ],
  attempt(input) {
    const text = resealed(input);
    const read = planFromJson(text, 'fuzz', digest);
    assert.equal(
      planToJson(planFromJson(planToJson(read), 'again', digest)),
      planToJson(read),
      'it reads what it writes',
    );
    return Object.keys(read).join();
  },
});

fuzz({
  name: 'a document of choices',
  seeds: ['{"schema":"migrate.choices/1","choices":{"content:/etc/motd":{"fingerprint":"0123","resolution":"ours"}}}'],
  words: ['"__proto__":', '"fingerprint":', '"choices":', 'null', '[]', '\\u0000', '"constructor":{}'],
  attempt(input) {
    const choices = parseChoices(input, 'fuzz');
    for (const [key, { fingerprint, resolution }] of choices) {
      assert.deepEqual([typeof key, typeof fingerprint, typeof resolution], ['string', 'string', 'string']);
    }
    return String(choices.size);
  },
});

fuzz({
  name: 'a kernel command line',
  seeds: [
    'BOOT_IMAGE=/vmlinuz root=LABEL=ROOT rootflags=subvol=@v2 rw migrate.run migrate.version=v2 migrate.old=subvol=@v1 migrate.base=subvol=@images/a migrate.new=subvol=@images/b',
    'root=LABEL=V2 rw migrate.run migrate.version=v2 migrate.old=LABEL=V1 migrate.base=UUID=a-b migrate.new=/dev/sda2 rd.migrate=0',
  ],
  words: [
    '"',
    ' ',
    '=',
    ',subvol=',
    'root=',
    'rootflags=',
    'migrate.old=',
    'migrate.base=none',
    '../',
    'LABEL=',
    'block:',
    '\n',
  ],
  attempt(input) {
    const { version, root, old } = parseBootRequest(parseKernelCommandLine(input));
    assert.match(version, /^[A-Za-z0-9][A-Za-z0-9._@+-]*$/);
    return [root, old].map(({ device, subvolume }) => `${device.slice(0, 6)} ${subvolume === null}`).join();
  },
});
