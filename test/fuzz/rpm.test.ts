import assert from 'node:assert/strict';
import { Failure } from '../../src/domain/failure.ts';
import { parseRecords, type RpmFile } from '../../src/packages/rpm-records.ts';
import { fuzz } from './fuzz.ts';

const algorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'];
const types = ['fifo', 'character', 'directory', 'block', 'file', 'symlink', 'socket'];
const digest = '0123456789abcdef'.repeat(4);

fuzz({
  name: 'what rpm prints',
  seeds: [
    `@\ttiny\t(none)\t1-1\t8\nR\tother\nP\ttiny\nF\t17\t0\t100644\troot\troot\t${digest}\t\t/etc/tiny/a.conf\nF\t0\t0\t120777\troot\troot\t\ta.conf\t/etc/tiny/link\n`,
    '@\told\t3\t2-1\t(none)\nF\t64\t0\t100600\troot\tadm\t\t\t/var/cache/x\nF\t0\t1\t40755\troot\troot\t\t\t/usr/share/a\tb\n@\tempty\t(none)\t0-0\t(none)\nF\t(none)\t(none)\t(none)\t(none)\t(none)\t(none)\t(none)\t(none)\n',
  ],
  words: [
    '\t',
    '\n',
    '@\t',
    'F\t',
    'R\t',
    'P\t',
    '(none)',
    '@\tx\t(none)\t1-1\t8\n',
    '@\tx\t(none)\t1-1\tconstructor\nF\t0\t0\t100644\troot\troot\tff\t\t/a\n',
    '__proto__',
    'constructor',
    '\t8\n',
    '\t-1\t',
    '\t1777777\t',
    '\t64\t',
    'NaN',
    '\0',
    '\xff',
  ],
  attempt(input) {
    const packages = parseRecords(input, malformed);
    // Other line ends than this one are bytes of a name.
    const begun = input.split('\n').filter((line) => line.startsWith('@\t'));
    assert.equal(packages.length, begun.length, 'each package is there');
    const files = packages.flatMap((one) => one.files);
    for (const file of files) checkFile(file, input);
    return `${packages.length} ${files.map((file) => `${file.class?.[0]}${file.shipped?.attributes?.type[0]}`).join('')}`;
  },
});

function malformed(line: number): Failure {
  assert.ok(Number.isInteger(line) && line > 0);
  return new Failure({ code: 'package-database', kind: 'failed', message: `line ${line}` });
}

function checkFile({ path, shipped, class: kind }: RpmFile, input: string): void {
  assert.ok(
    (path.startsWith('/') && input.includes(`\t${path}\n`)) || input.endsWith(`\t${path}`),
    'the path is as printed',
  );
  assert.ok(kind === null || kind === 'configuration' || kind === 'ghost');
  if (shipped === null) return;
  const { attributes, target, digest: known } = shipped;
  assert.ok(attributes !== null && types.includes(attributes.type) && attributes.mode <= 0o7777, 'a mode of a file');
  assert.equal(target !== null, attributes.type === 'symlink', 'links lead somewhere, and only they');
  if (known !== null) assert.ok(algorithms.includes(known.algorithm), 'a digest that is known');
}
