import { type ByteString, bytesToJson, isAscii, isJsonBytes, jsonToBytes } from './bytes.ts';
import { Failure } from './failure.ts';
import { type Plan, planSchema } from './plan.ts';

/** The fields of a plan that hold bytes: text in JSON where they are UTF-8, else `{"base64"}`. */
const byteFields: ReadonlySet<string> = new Set(['path', 'paths', 'at', 'existing', 'target', 'name', 'value']);

type Digest = (text: string) => string;

/** The text of a plan that was sealed here: a plan is frozen, and its text is wanted several times. */
const texts = new WeakMap<Plan, string>();

/** The plan as compact JSON text, keys in the order of its type. */
export function planToJson(plan: Plan): string {
  return texts.get(plan) ?? textOf(plan);
}

/** Where all is ASCII the bytes of a path are its text, and nothing has to be encoded. */
function textOf(plan: Omit<Plan, 'digest'>): string {
  const text = JSON.stringify(plan);
  return isAscii(text) ? text : JSON.stringify(encode(plan, ''));
}

/** The plan as a JSON value, for a document that holds it. */
export function planToValue(plan: Plan): unknown {
  return encode(plan, '');
}

/** Completes a plan with the digest of all the rest. */
export function sealPlan(plan: Omit<Plan, 'digest'>, digest: Digest): Plan {
  const text = textOf(plan);
  const sealed = { ...plan, digest: digest(text) };
  texts.set(sealed, `${text.slice(0, -1)},"digest":${JSON.stringify(sealed.digest)}}`);
  return sealed;
}

/** Reads a plan back. The digest proves that it is what was written; throws Failure `plan-damaged` where it is not. */
export function planFromJson(text: string, file: string, digest: Digest): Plan {
  const written = parse(text, file);
  if (!isRecord(written) || written['schema'] !== planSchema)
    throw damaged(file, `it is not a "${planSchema}" document`);
  const { digest: seal, ...rest } = written;
  if (digest(JSON.stringify(rest)) !== seal) throw damaged(file, 'its digest does not match its content');
  const missing = ['roots', 'decisions', 'actions', 'items'].find((field) => !Array.isArray(written[field]));
  if (missing !== undefined) throw damaged(file, `it has no list of ${missing}`);
  return decode(written, '', file) as Plan;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function encode(value: unknown, key: string): unknown {
  if (typeof value === 'string') return byteFields.has(key) ? bytesToJson(value) : value;
  if (Array.isArray(value)) return value.map((element) => encode(element, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, encode(field, name)]));
}

function decode(value: unknown, key: string, file: string): unknown {
  if (byteFields.has(key) && !Array.isArray(value)) return decodeBytes(value, key, file);
  if (Array.isArray(value)) return value.map((element) => decode(element, key, file));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, decode(field, name, file)]));
}

function decodeBytes(value: unknown, key: string, file: string): ByteString {
  if (isJsonBytes(value)) return jsonToBytes(value);
  throw damaged(file, `a "${key}" is neither text nor base64`);
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(file, error instanceof Error ? error.message : String(error));
  }
}

function damaged(file: string, reason: string): Failure {
  return new Failure({
    code: 'plan-damaged',
    kind: 'failed',
    message: `Cannot read the plan ${file}: ${reason}`,
    advice: 'Make the new root again from its image and start over',
  });
}
