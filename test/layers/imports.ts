/** One import as it stands in a source file. */
export type Import = {
  readonly specifier: string;
  /** `import type` and `export type … from`: gone at run time. */
  readonly typesOnly: boolean;
};

/** Every import of a source: static, re-exported, for side effects, dynamic and required. Throws where one is not a plain text. */
export function importsOf(source: string): Import[] {
  const code = withoutComments(source);
  const computed = /\b(?:import|require)\((?!\s*')[^)]*\)?/.exec(code);
  if (computed !== null) throw new Error(`cannot tell what ${computed[0]} imports`);
  return [...staticImports(code), ...dynamicImports(code)];
}

// The formatter puts statements at the start of a line and texts in single quotes.
function staticImports(code: string): Import[] {
  const statements = code.matchAll(
    /^(?:import|export)\s+(?<types>type\s+)?(?:[^'"`;=]*?\bfrom\s+)?'(?<specifier>[^']+)'/gm,
  );
  return [...statements].map(({ groups }) => ({
    specifier: groups?.['specifier'] ?? '',
    typesOnly: groups?.['types'] !== undefined,
  }));
}

function dynamicImports(code: string): Import[] {
  const calls = code.matchAll(/\b(?:import|require)\(\s*'(?<specifier>[^']+)'/g);
  return [...calls].map(({ groups }) => ({ specifier: groups?.['specifier'] ?? '', typesOnly: false }));
}

// Texts are matched too, so that a `//` inside one does not count as a comment; what templates hold is dropped.
function withoutComments(source: string): string {
  const parts = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return source.replace(parts, (part) => {
    if (part.startsWith("'")) return part;
    return part.startsWith('`') ? '``' : ' ';
  });
}
