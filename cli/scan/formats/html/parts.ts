// Small parts of the HTML report: pills, places, evidence, tables.
import type { Json } from '#kernel'
import { numberText } from '../../../words.ts'
import type { ReportLocation, ReportPrincipal } from '../../contract.ts'
import { placeText } from '../../places.ts'
import { html } from './markup.ts'
import type { Html } from './markup.ts'

export const pill = (severity: string, text = severity): Html => html`<span class="pill ${severity}">${text}</span>`

/** Text of ours with names between backticks. */
export const prose = (text: string): Html =>
  html`${text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))}`

export const tier = (privilege: string): Html => html`<span class="tier ${privilege}">${privilege}</span>`

export const owner = (who: string | null, status: string | null = null): Html =>
  who === null || who === ''
    ? html`<span class="nobody">nobody known</span>`
    : html`${who}${status === 'leaver' ? html` <span class="nobody">has left</span>` : ''}`

/** A name, and the native identifier below it where that says more. */
export const named = ({ name, externalId }: ReportPrincipal): Html =>
  html`<span class="name">${name}</span>${name === externalId ? '' : html`<code>${externalId}</code>`}`

export const place = (location: ReportLocation | undefined): Html =>
  location === undefined ? html`` : html`<code class="place">${placeText(location)}</code>`

/** Several places: the first few, the rest counted. */
export function places(locations: readonly ReportLocation[], shown = 4): Html {
  const all = [...new Set(locations.map(placeText))]
  const rest = all.length - shown
  return html`<ul class="plain">
    ${all.slice(0, shown).map((one) => html`<li><code class="place">${one}</code></li>`)}${rest > 0 ? html`<li class="faint">and ${numberText(rest)} more</li>` : ''}
  </ul>`
}

/** What a list leaves out, said. */
export const leftOut = (all: number, shown: number, what: string): Html =>
  all > shown
    ? html`<p class="faint">
        The first ${numberText(shown)} of ${numberText(all)} ${what}; the JSON report holds all.
      </p>`
    : html``

const DEPTH_MAX = 4
const MEMBERS_MAX = 20

/** Evidence as a person reads it. */
export function evidence(value: Json | undefined, depth = 0): Html {
  if (value === undefined || value === null) return html`<span class="faint">none</span>`
  if (typeof value !== 'object') return html`<span class="value">${String(value)}</span>`
  const entries = Array.isArray(value)
    ? (value as readonly Json[]).map((one) => ['', one] as const)
    : Object.entries(value)
  if (entries.length === 0) return html`<span class="faint">none</span>`
  if (depth >= DEPTH_MAX) return html`<span class="value">${JSON.stringify(value).slice(0, 400)}</span>`
  const rest = entries.length - MEMBERS_MAX
  const shown = entries.slice(0, MEMBERS_MAX)
  const more = rest > 0 ? html`<li class="faint">and ${numberText(rest)} more</li>` : html``
  if (Array.isArray(value)) {
    return html`<ul class="plain">
      ${shown.map(([, one]) => html`<li>${evidence(one, depth + 1)}</li>`)}${more}
    </ul>`
  }
  return html`<dl class="evidence">
      ${shown.map(
        ([key, one]) =>
          html`<div>
            <dt>${inWords(key)}</dt>
            <dd>${evidence(one, depth + 1)}</dd>
          </div>`,
      )}
    </dl>
    ${rest > 0 ? html`<p class="faint">and ${numberText(rest)} more</p>` : ''}`
}

/** `externalId` reads as `external id`; what is not an identifier of ours stays. */
const inWords = (key: string): string =>
  /^[a-z]+(?:[A-Z][a-z]+)*$/.test(key) ? key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`) : key
