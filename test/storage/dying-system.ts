import type { Commands } from '../../src/system/commands.ts';
import type { Files } from '../../src/system/files.ts';
import type { System } from '../../src/system/system.ts';
import { changing, intercept, Killed, methodOf } from '../apply/interruption.ts';
import { system } from './objects.ts';

const calls: readonly (keyof Files)[] = [...changing, 'exchange', 'sync', 'appendDurably'];

/** Commands that only look. */
const reading = /^(lvs|blkid|dmsetup info|zfs (list|get)|zpool (list|get)) /;

/**
 * This machine, for a program that is killed before its changing call of that number, or before the first that is meant: from
 * then on every call that would change anything fails. A file that was being written is half there.
 */
export function dyingSystem(at: number | ((what: string) => boolean)): System {
  const isMeant = typeof at === 'number' ? () => count >= at : at;
  let count = 0;
  let isDead = false;
  function beAlive(what: string): void {
    count += 1;
    isDead ||= isMeant(what);
    if (isDead) throw new Killed(`${what}, call ${count}`);
  }
  function openRoot(directory: string): Files {
    const files = system.openRoot(directory);
    for (const name of calls) {
      const original = methodOf(files, name);
      intercept(files, name, (args) => {
        if (name === 'create' && count + 1 === at) writeHalf(original, args);
        beAlive(`${name} ${args.join(' ')}`);
        return original(args);
      });
    }
    return files;
  }
  const commands: Commands = {
    ...system.commands,
    run(program, args, options) {
      const line = [program, ...args].join(' ');
      if (!reading.test(line)) beAlive(line);
      return system.commands.run(program, args, options);
    },
  };
  return { ...system, openRoot, commands };
}

function writeHalf(create: (args: readonly unknown[]) => unknown, [path, content]: readonly unknown[]): void {
  const text = String(content);
  create([path, text.slice(0, Math.floor(text.length / 2))]);
}
