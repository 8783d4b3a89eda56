// Who is stated to answer for a file: patterns as in CODEOWNERS (the last that matches wins), and
// single files. Each kind of statement is asked on its own, so a commit author never outranks a CODEOWNERS line.
import type { Fact, HowOwnerIsKnown, OwnershipFact } from '#kernel'
import { pathPattern } from './glob.ts'

interface Pattern {
  readonly fact: OwnershipFact
  readonly matches: (path: string) => boolean
}

/** Patterns of one kind below one root, in the order of the file that states them. */
class Patterns {
  readonly #globs: { readonly order: number; readonly pattern: Pattern }[] = []
  /** Patterns that name one path and nothing else are looked up, so that a statement per file stays cheap. */
  readonly #literal = new Map<string, { readonly order: number; readonly fact: OwnershipFact }>()
  #next = 0

  add(pattern: string, fact: OwnershipFact): void {
    const order = this.#next++
    if (/^\/[^*?[\]\\!#]*[^*?[\]\\!#/ ]$/.test(pattern)) this.#literal.set(pattern.slice(1), { order, fact })
    else this.#globs.push({ order, pattern: { fact, matches: pathPattern(pattern) } })
  }

  last(path: string): OwnershipFact | undefined {
    let best: { readonly order: number; readonly fact: OwnershipFact } | undefined
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const hit = this.#literal.get(path.slice(0, end))
      if (hit !== undefined && (best === undefined || hit.order > best.order)) best = hit
    }
    for (let at = this.#globs.length - 1; at >= 0; at -= 1) {
      const glob = this.#globs[at]
      if (glob === undefined || (best !== undefined && glob.order < best.order)) break
      if (glob.pattern.matches(path)) return glob.pattern.fact
    }
    return best?.fact
  }
}

export class FileOwners {
  readonly #byHow = new Map<HowOwnerIsKnown, Map<string, Patterns>>()
  readonly #known = new Map<string, readonly OwnershipFact[]>()

  constructor(facts: readonly Fact[]) {
    for (const fact of facts) {
      if (fact.type !== 'ownership' || !('files' in fact.of)) continue
      const roots = this.#byHow.get(fact.how) ?? new Map<string, Patterns>()
      this.#byHow.set(fact.how, roots)
      const root = fact.of.root.replaceAll(/^\/+|\/+$/g, '')
      const patterns = roots.get(root) ?? new Patterns()
      roots.set(root, patterns)
      patterns.add(fact.of.files, fact)
    }
  }

  /**
   * The statement of each kind that applies to a file: that of the nearest repository root above it that makes any.
   * A statement without owners is there, and says that nobody answers.
   */
  of(file: string): readonly OwnershipFact[] {
    const known = this.#known.get(file)
    if (known !== undefined) return known
    const found: OwnershipFact[] = []
    for (const roots of this.#byHow.values()) {
      for (let root = parent(file); root !== undefined; root = parent(root)) {
        const patterns = roots.get(root)
        if (patterns === undefined) continue
        const statement = patterns.last(root === '' ? file : file.slice(root.length + 1))
        if (statement !== undefined) found.push(statement)
        break
      }
    }
    this.#known.set(file, found)
    return found
  }
}

function parent(path: string): string | undefined {
  if (path === '') return undefined
  const end = path.lastIndexOf('/')
  return end === -1 ? '' : path.slice(0, end)
}
