/**
 * For how long one waits for another end that says nothing at all, and how often one says oneself that one is still
 * there, while one works; in milliseconds. An end that reads and writes a disk has nothing to say for a long time: btrfs
 * looks through everything that is equal, and a slow disk takes what it is given.
 */
export type Patience = { readonly silence: number; readonly pulse: number };

const minute = 60_000;

/** Of the end that asks: ssh tells it within a minute that the line is dead (`peerCommand`). */
export const askingPatience: Patience = { silence: 30 * minute, pulse: minute / 4 };

/** Of the end that answers, which keeps what was begun for whoever begins it anew. */
export const answeringPatience: Patience = { silence: 5 * minute, pulse: minute / 4 };

/** Says again and again that this end is still there, until the function that is returned is called. */
export function startPulse(pulse: number, sayAlive: () => Promise<void>): () => void {
  let isSaying = false;
  const timer = setInterval(() => {
    // Where the other end takes nothing, what was said last is still to be read.
    if (isSaying) return;
    isSaying = true;
    // That nobody listens any more, the work itself hears.
    void sayAlive()
      .catch(() => undefined)
      .finally(() => {
        isSaying = false;
      });
  }, pulse);
  return () => clearInterval(timer);
}
