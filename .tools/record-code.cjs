// Runs the bundled program and writes down the code that V8 has compiled for it by its end:
// record-code.cjs PROGRAM OUTPUT ARGUMENT...
const { readFileSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { resolve } = require('node:path');
const v8 = require('node:v8');
const { Script } = require('node:vm');

const [program, output, ...words] = process.argv.slice(2);
const script = new Script(readFileSync(program, 'latin1'), { filename: 'migrate.cjs' });
process.on('exit', () => writeFileSync(output, script.createCachedData()));

// Who builds need not be root; and code holds only for the flags that it was compiled with.
process.geteuid = () => 0;
process.argv.splice(1, Number.POSITIVE_INFINITY, program, ...words);
const withoutFlags = { ...v8, setFlagsFromString: () => undefined };
const { getBuiltinModule } = process;
process.getBuiltinModule = (name) => (name === 'node:v8' ? withoutFlags : getBuiltinModule(name));
script.runInThisContext()(createRequire(resolve('src/main.ts')), module, resolve(program));
