import type { ByteStream } from '../../system/streams.ts';
import { notReceived, parentMissing } from './receive-failure.ts';
import { type StreamBegin, StreamRecords } from './stream-records.ts';

/**
 * The stream as it comes, as long as it is the one that is meant: from one snapshot to one other, plain, and nothing
 * after it. Others could make datasets and set their properties. Throws Failure `stream-damaged`, `parent-missing` and
 * `send-stream`, before what is wrong is handed on whole.
 */
export async function* checkedStream(
  bytes: ByteStream,
  meant: { readonly to: string; readonly from: string | null },
): ByteStream {
  const records = new StreamRecords();
  let isChecked = false;
  for await (const piece of bytes) {
    records.read(piece);
    if (!isChecked && records.begin !== null) {
      requireMeant(records.begin, meant);
      isChecked = true;
    }
    yield piece;
  }
  if (!records.isWhole) throw notReceived('it ends early');
}

function requireMeant(begin: StreamBegin, meant: { readonly to: string; readonly from: string | null }): void {
  if (!begin.isPlain) throw notReceived('it is not of one snapshot of a filesystem alone');
  if (begin.to !== meant.to) throw notReceived(`it is of the snapshot ${begin.to}, not of ${meant.to}`);
  if (begin.from !== meant.from) throw parentMissing();
}
