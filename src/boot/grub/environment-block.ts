import type { ByteString } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';

/** An environment block is exactly that long: GRUB writes it back in place, and refuses another (include/grub/lib/envblk.h). */
export const blockSize = 1024;
/** All that is said stands in the first sector, which a disk writes whole or not at all; GRUB's own changes add some bytes. */
const textLimit = 512 - 8;
const signature = '# GRUB Environment Block\n';
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A comment or a variable, up to the end of its line. */
const lineOfBlock = /(?:#[^\n]*|([A-Za-z_][A-Za-z0-9_]*)=((?:\\[\\\n]|[^\\\n])*))\n/y;

/** Variables of GRUB in the order in which they stand in the block. */
export type Variables = ReadonlyMap<string, ByteString>;

/**
 * A GRUB environment block with these variables (grub-core/lib/envblk.c: `name=value` lines, `\` before a backslash and a
 * newline, the rest filled with `#`). Throws Failure `loader-not-written` where they do not fit into one sector.
 */
export function formatEnvironmentBlock(variables: Variables): ByteString {
  let text = signature;
  for (const [name, value] of variables) {
    if (!variableName.test(name)) throw new TypeError(`${name} is no name of a variable`);
    text += `${name}=${value.replace(/[\\\n]/g, '\\$&')}\n`;
  }
  if (text.length <= textLimit) return text.padEnd(blockSize, '#');
  throw new Failure({
    code: 'loader-not-written',
    kind: 'failed',
    message: `Cannot write GRUB's environment: what it is to hold takes ${text.length} bytes, and ${textLimit} fit into one sector`,
    advice: 'Ids of versions that are shorter help',
  });
}

/** The variables of a block as GRUB reads it; null where GRUB would refuse it, or where a part of it is lost. */
export function parseEnvironmentBlock(block: ByteString): Variables | null {
  if (block.length !== blockSize || !block.startsWith(signature)) return null;
  const variables = new Map<string, ByteString>();
  const line = new RegExp(lineOfBlock);
  line.lastIndex = signature.length;
  let end = line.lastIndex;
  for (let match = line.exec(block); match !== null; match = line.exec(block)) {
    const [, name, value] = match;
    if (name !== undefined && value !== undefined) variables.set(name, value.replace(/\\([\\\n])/g, '$1'));
    end = line.lastIndex;
  }
  // The filling ends with the block and not with a line.
  return /^#*$/.test(block.slice(end)) ? variables : null;
}
