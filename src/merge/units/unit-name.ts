import type { ByteString } from '../../domain/bytes.ts';

// The types of systemd.unit(5) that have files and can be enabled or depended on, and those that only live at run time.
const pattern =
  /^[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\@-]*)?\.(service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;

/** Whether it is the name of a unit, a template or an instance of one (systemd.unit(5)). */
export function isUnitName(name: ByteString): boolean {
  return pattern.test(name);
}

/** The part behind the last dot, such as `service`. */
export function typeOf(name: ByteString): ByteString {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** What stands before the `@`, or before the type where there is none. */
export function prefixOf(name: ByteString): ByteString {
  const at = name.indexOf('@');
  return name.slice(0, at === -1 ? name.lastIndexOf('.') : at);
}

/** The instance, empty for a template; null for a plain unit. */
export function instanceOf(name: ByteString): ByteString | null {
  const at = name.indexOf('@');
  return at === -1 ? null : name.slice(at + 1, name.lastIndexOf('.'));
}

/** Whether the name is that of a template, `foo@.service`. */
export function isTemplate(name: ByteString): boolean {
  return instanceOf(name) === '';
}

/** The template that an instance is made of; null for what is no instance. */
export function templateOf(name: ByteString): ByteString | null {
  const instance = instanceOf(name);
  return instance === null || instance === '' ? null : withInstance(name, '');
}

/** The template or instance with another instance. */
export function withInstance(name: ByteString, instance: ByteString): ByteString {
  return `${prefixOf(name)}@${instance}.${typeOf(name)}`;
}

/** The target of an alias, with the instance that the alias has: `autovt@tty1` of `getty@` is `getty@tty1`. */
export function instantiateLike(target: ByteString, alias: ByteString): ByteString {
  const instance = instanceOf(alias);
  return instance === null || !isTemplate(target) ? target : withInstance(target, instance);
}
