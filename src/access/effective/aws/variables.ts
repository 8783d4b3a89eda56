// Policy variables (`${aws:username}`), resolved for the principal that holds the policy as far as files tell.
import { UNKNOWN_PART } from './glob.ts'
import type { RequestContext } from './condition.ts'

export interface Variables {
  /** Replaces variables in text whose wildcards are encoded; what is not known becomes a wildcard and `uncertain`. */
  substitute(encoded: string): { readonly encoded: string; readonly uncertain: boolean }
}

/** `${*}`, `${?}` and `${$}` stand for the character itself; inside, wildcards have been encoded already. */
const ESCAPES: Readonly<Record<string, string>> = { '\uE000': '*', '\uE001': '?', $: '$' }

/** One value per variable, from what is known of the caller; `${name, 'default'}` gives the default when absent. */
export function variablesOf(context: RequestContext): Variables {
  return {
    substitute(encoded) {
      if (!encoded.includes('${')) return { encoded, uncertain: false }
      let uncertain = false
      const replaced = encoded.replaceAll(/\$\{([^{}]{1,200})\}/g, (_whole, inner: string) => {
        const escape = ESCAPES[inner]
        if (escape !== undefined) return escape
        const [name = '', fallback] = inner.split(',')
        const state = context(name.trim().toLowerCase())
        if (Array.isArray(state) && state.length === 1 && state[0] !== undefined) return state[0]
        const quoted = fallback === undefined ? undefined : /^\s*'(.*)'\s*$/.exec(fallback)?.[1]
        if (state === 'absent' && quoted !== undefined) return quoted
        uncertain = true
        return UNKNOWN_PART
      })
      return { encoded: replaced, uncertain }
    },
  }
}

/** Nobody in particular: every variable is unknown. */
export const NO_VARIABLES: Variables = variablesOf(() => undefined)
