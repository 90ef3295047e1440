import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Given to node by `--import`: writes the URL of each module that is loaded from then on to the file LOADED_MODULES. */
registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(process.env['LOADED_MODULES'] ?? '', `${url}\n`);
    return nextLoad(url, context);
  },
});
