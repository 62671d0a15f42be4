// A permission's resource as levels: what it covers, and the policy globs that stand for it.

/**
 * Levels of an MQTT topic filter (MQTT 5 §4.7): text, `+` for one level of any text, a final `#` for any number of
 * levels, none included, or a placeholder. `parsePermission` keeps these apart: no text holds `+`, `#`, `*` or braces.
 */
export type TopicPattern = readonly string[];

/**
 * Levels of an IoT policy's glob. A `*` there is any run of characters, `/` included; as it only ever stands between
 * slashes here, it is one or more levels of any text.
 */
export type Glob = readonly string[];

export const topicPattern = (resource: string): TopicPattern => resource.split('/');

/** Levels of a pattern or glob with the tenant's name in the place of `{tenant}`: what they match for its devices. */
export const levelsIn = (tenant: string, levels: readonly string[]): readonly string[] =>
  levels.map((level) => (level === '{tenant}' ? tenant : level));

/** A wildcard ahead matches no topic that begins with `$` (MQTT 5 §4.7.2). */
export const hasLeadingWildcard = ([first]: TopicPattern): boolean => first === '+' || first === '#';

/** Whether every topic that `inner` matches is matched by `outer`. A placeholder is covered by itself and by wildcards. */
export const covers = (outer: TopicPattern, inner: TopicPattern): boolean => {
  if (hasLeadingWildcard(outer) && inner[0]?.startsWith('$')) return false;
  for (const [at, level] of outer.entries()) {
    // `a/#` includes `a` (MQTT 5 §4.7.1.2)
    if (level === '#') return true;
    const other = inner[at];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return inner.length === outer.length;
};

// `a/+/b` is the glob `a/*/b` without `a/*/*/b`: a topic that the first matches and the pattern does not has a slash in
// the place of some `+`, so that the glob with one level more in that place matches it too.
/** The globs that match whatever the pattern matches, and the bounds that match whatever they match beyond it. */
export const globsOf = (
  pattern: TopicPattern,
): { readonly allow: readonly Glob[]; readonly bounds: readonly Glob[] } => {
  const open = pattern.at(-1) === '#';
  const body = open ? pattern.slice(0, -1) : pattern;
  const glob = body.map((level) => (level === '+' ? '*' : level));
  // the last `+` of `a/+/#` may run on: whatever follows is matched anyway
  const bounded = open ? body.findLastIndex((level) => level !== '+') + 1 : body.length;
  const allow = open && bounded === body.length ? [glob, [...glob, '*']].filter(({ length }) => length > 0) : [glob];
  const bounds = new Map<string, Glob>();
  for (const [at, level] of body.slice(0, bounded).entries())
    if (level === '+')
      for (const allowed of allow) {
        const longer = allowed.toSpliced(at, 0, '*');
        bounds.set(longer.join('/'), longer);
      }
  return { allow, bounds: [...bounds.values()] };
};
