// What the single binary starts: the program, with the code that V8 compiled for it when the binary was built.
const { getRawAsset } = require('node:sea');
const { Script } = require('node:vm');

// The bundle is ASCII. Where V8 does not take the compiled code, as with flags in NODE_OPTIONS, it compiles the text.
const script = new Script(Buffer.from(getRawAsset('program.cjs')).latin1Slice(), {
  filename: 'migrate.cjs',
  cachedData: Buffer.from(getRawAsset('program.code')),
});
script.runInThisContext()(require, module, __filename);
