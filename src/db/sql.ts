// SQL text with its parameters kept apart by construction: whatever is put into the template becomes `$n`, unless it is
// itself SQL.

/** A piece of SQL. `text` has `$1 … $n` for `values`. */
export class Sql {
  readonly #strings: readonly string[]
  readonly #parts: readonly unknown[]

  /** SECURITY: only `sql`, `identifier` and `joined` construct it; no caller's string ever becomes text. */
  constructor(strings: readonly string[], parts: readonly unknown[]) {
    this.#strings = strings
    this.#parts = parts
  }

  /** The statement as `pg` takes it. */
  compile(): { readonly text: string; readonly values: unknown[] } {
    const values: unknown[] = []
    return { text: this.#write(values), values }
  }

  #write(values: unknown[]): string {
    let text = this.#strings[0] ?? ''
    for (const [at, part] of this.#parts.entries()) {
      if (part instanceof Sql) text += part.#write(values)
      else text += `$${values.push(part)}`
      text += this.#strings[at + 1] ?? ''
    }
    return text
  }
}

/** `sql`select name from identity.principal where id = ${id}``. Nested `Sql` is put in place; all else is a parameter. */
export function sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql {
  return new Sql(strings, parts)
}

/** A quoted identifier. */
export function identifier(name: string): Sql {
  return new Sql([`"${name.replaceAll('"', '""')}"`], [])
}

const SEPARATORS = { ', ': ', ', ' and ': ' and ', ' or ': ' or ', ' ': ' ' } as const

/** The parts one after another; `empty` where there are none. */
export function joined(parts: readonly Sql[], separator: keyof typeof SEPARATORS, empty: Sql = new Sql([''], [])): Sql {
  if (parts.length === 0) return empty
  return new Sql(['', ...parts.slice(1).map(() => SEPARATORS[separator]), ''], parts)
}
