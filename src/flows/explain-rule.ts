import { displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Explanation } from '../domain/policy.ts';
import { explainPath } from '../policy/explain.ts';
import type { System } from '../system/system.ts';
import type { NamedPolicy } from './load-policy.ts';
import { policyFor } from './migration-policy.ts';
import { withRoot } from './with-root.ts';

type Request = {
  readonly path: RootPath;
  readonly old: string;
  readonly new: string;
  readonly policyFiles: readonly NamedPolicy[] | null;
};

/** Which rules match a path, and which of them decides. Throws Failure `not-absolute`. */
export function explainRule(system: System, request: Request): Explanation {
  const path = normalizedPath(request.path);
  return withRoot(system, request.old, (ours) =>
    withRoot(system, request.new, (theirs) => explainPath(policyFor(system, { ours, theirs }, request), path)),
  );
}

/** The path without `.`, empty components and a slash at its end. Throws Failure `not-absolute`. */
export function normalizedPath(path: RootPath): RootPath {
  const components = path.split('/').filter((component) => component !== '' && component !== '.');
  if (path.startsWith('/') && !components.includes('..')) return `/${components.join('/')}`;
  throw new Failure({
    code: 'not-absolute',
    kind: 'input',
    message: `Cannot use "${displayBytes(path)}": it is not an absolute path without ".."`,
    advice: 'Write it as it stands below the root, such as /etc/fstab',
  });
}
