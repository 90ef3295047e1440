export { writeDurably } from '../files/write-durably.ts';
