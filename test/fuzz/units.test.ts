import assert from 'node:assert/strict';
import { isBelow } from '../../src/domain/path.ts';
import type { JointOutcome } from '../../src/merge/joint-strategy.ts';
import { parseInstallSections } from '../../src/merge/units/install-section.ts';
import { parsePresets, presetOf } from '../../src/merge/units/presets.ts';
import { units } from '../../src/merge/units/units.ts';
import { fuzz } from './fuzz.ts';
import { inputOf, resultOf, separator, type Trees, treesOf } from './memory-input.ts';

const shipped = '/usr/lib/systemd/system';
const config = '/etc/systemd/system';
const targets = [
  `bot ${shipped}/multi-user.target\n[Unit]\n`,
  `bot ${shipped}/default.target\n-> multi-user.target`,
  'o /etc/machine-id\n0123\n',
];

fuzz({
  name: 'systemd units',
  longest: 2000,
  seeds: [
    // Enabled here, moved to another target in the image.
    [
      ...targets,
      `bo ${shipped}/a.service\n[Install]\nWantedBy=multi-user.target\n`,
      `t ${shipped}/a.service\n[Install]\nWantedBy=graphical.target\nAlias=b.service\nAlso=c.socket\n`,
      `bot ${shipped}/c.socket\n[Install]\nWantedBy=sockets.target\n`,
      `o ${config}/multi-user.target.wants/a.service\n-> ${shipped}/a.service`,
      `bt ${config}/sockets.target.wants/c.socket\n-> /lib/systemd/system/c.socket`,
    ],
    // Masked, a template, presets, a drop-in.
    [
      ...targets,
      `bot ${shipped}/t@.service\n[Install]\nWantedBy=x@%i.target multi-user.target\nDefaultInstance=one\n`,
      `o ${config}/multi-user.target.wants/t@two.service\n-> ${shipped}/t@.service`,
      `o ${config}/a.service\n-> /dev/null`,
      `t ${shipped}/a.service\n[Install]\nRequiredBy=multi-user.target\n`,
      `o ${config}/a.service.d/x.conf\n[Install]\nUpheldBy=\\\n# no\nmulti-user.target\n`,
      `t ${shipped}-preset/50-x.preset\nenable t@.service one two\ndisable [!a-c]*\nenable *\n`,
    ],
  ].map((parts) => parts.join(separator)),
  words: [
    separator,
    `${separator}o ${config}/multi-user.target.wants/a.service\n-> ${shipped}/a.service`,
    `${separator}t ${config}/b.service\n-> a.service`,
    `${separator}o ${config}/default.target\n-> ${shipped}/multi-user.target`,
    `${separator}t ${shipped}-preset/90.preset\ndisable *\n`,
    '[Install]\n',
    'WantedBy=',
    'Alias=',
    'Also=a.service\n',
    'DefaultInstance=',
    '%i',
    '%%',
    '%',
    '@',
    'a@x.service',
    '.wants/',
    '.service',
    '-> ',
    '/dev/null',
    '../',
    '\\\n',
    '"',
    'enable ',
    'disable *\n',
    '*',
    '?',
    '[a-',
    ']',
    'uninitialized\n',
    'bot ',
    '\0',
    '\xff',
    '\xa0',
  ],
  attempt(input) {
    checkParsers(input);
    const trees = treesOf(input);
    const { decided, items } = units.decide(inputOf(trees, 'units'));
    checkDecisions(trees, decided);
    const result = resultOf(trees, decided);
    checkDangling(result, decided);
    const again = { ...trees, base: trees.theirs, ours: result };
    const more = units.decide(inputOf(again, 'units'));
    assert.deepEqual(resultOf(again, more.decided), result, 'decided again with the same image it stays as it is');
    const nodes = [...decided.values()].map(({ node, reason }) => node.slice(0, 2) + reason.length);
    return `${nodes.join()} ${items.map(({ key }) => key.split(':')[0]).join()}`;
  },
});

function checkParsers(input: string): void {
  const section = parseInstallSections([input]);
  const words = [section.WantedBy, section.RequiredBy, section.UpheldBy, section.Alias, section.Also].flat();
  for (const word of words) assert.ok(!/[\n ]/.test(word) || /["']/.test(input), `${JSON.stringify(word)} is one word`);
  const preset = presetOf(parsePresets(input), 'a.service');
  assert.ok(['enable', 'disable', 'ignore'].includes(preset.action));
}

type Decided = JointOutcome['decided'];

/** Only links and masks below the directories of the administrator are decided, and unit files and drop-ins stay. */
function checkDecisions({ ours, theirs }: Trees, decided: Decided): void {
  for (const [path, decision] of decided) {
    assert.ok(isBelow(path, config) || isBelow(path, '/etc/systemd/user'), `${path} is a link's place`);
    if (decision.node === 'ours') assert.ok(ours.has(path), `ours has ${path}`);
    if (decision.node === 'theirs') assert.ok(theirs.has(path), `theirs has ${path}`);
    const here = ours.get(path);
    const isUnitFile = here !== undefined && 'content' in here && here.content !== '';
    if (isUnitFile) assert.notEqual(decision.node, 'absent', `the unit file ${path} stays`);
  }
}

/** No link that the strategy made leads nowhere. */
function checkDangling(result: ReadonlyMap<string, unknown>, decided: Decided): void {
  for (const [path, decision] of decided) {
    if (decision.node !== 'symlink' || decision.target === '/dev/null') continue;
    assert.ok(decision.target.startsWith('/'), `${path} leads to an absolute path`);
    const plain = decision.target.replace(/^\/lib\//, '/usr/lib/');
    assert.ok(result.has(decision.target) || result.has(plain), `${path} leads to ${decision.target}`);
  }
}
