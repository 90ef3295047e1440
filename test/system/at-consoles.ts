import { writeFileSync } from 'node:fs';
import { consolesAt } from '../../src/system/real-consoles.ts';

// What is done at the terminal that this program runs at: at-consoles.ts SHELL|SECONDS RESULT [OTHER-CONSOLE]
const [what = '', result = '', ...others] = process.argv.slice(2);
const consoles = consolesAt(['/dev/tty', ...others]);
if (what === 'shell') {
  consoles.show('ready? ');
  consoles.runShell();
} else writeFileSync(result, JSON.stringify(consoles.ask('ready? ', Number(what))));
consoles.close();
