// Markup in which every value is escaped unless it is markup itself.
import { plain } from '../../../terminal/text.ts'

/** Made only by `html` and `trusted`, so that no text of an input can become markup. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
  toString(): string {
    return this.markup
  }
}

type Value = string | number | Html | readonly Html[] | false | null | undefined

/** SECURITY: every interpolated text is escaped, in element content and in double-quoted attributes alike. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  let markup = parts[0] ?? ''
  for (const [index, value] of values.entries()) markup += `${markupOf(value)}${parts[index + 1] ?? ''}`
  return new Html(markup)
}

/** Only for constants of our own source: the style and the script. */
export const trusted = (markup: string): Html => new Html(markup)

function markupOf(value: Value): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.markup
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value))
  return value.map(({ markup }) => markup).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeText = (text: string): string => plain(text).replaceAll(/[&<>"']/g, (found) => ENTITIES[found] ?? '')
