import { setFlagsFromString } from 'node:v8';

/**
 * Has the garbage collected early: a walk leaves little behind, but makes much on the way, of which V8 by itself keeps
 * tens of megabytes before it looks. An initramfs has none to spare. Set at run time, since the code cache of the single
 * binary holds for the flags that it was made with only.
 */
export function keepHeapSmall(): void {
  // The new space stays as small as it begins.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
}
