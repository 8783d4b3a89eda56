// Names and texts as SQL spells them. SECURITY: whatever comes from outside goes through here or is a parameter.

/** `"name"`. A name of PostgreSQL has no NUL. */
export function identifier(name: string): string {
  return `"${withoutNul(name).replaceAll('"', '""')}"`
}

/** `'text'`, whatever `standard_conforming_strings` is. */
export function literal(text: string): string {
  const quoted = `'${withoutNul(text).replaceAll("'", "''")}'`
  return quoted.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

function withoutNul(text: string): string {
  if (text.includes('\0')) throw new RangeError('a name or text of PostgreSQL cannot hold U+0000')
  return text
}
