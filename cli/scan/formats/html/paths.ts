// The escalation paths of the HTML report, drawn as steps from an identity to what it reaches.
import { numberText } from '../../../words.ts'
import type { ReportPrincipal } from '../../contract.ts'
import { html } from './markup.ts'
import type { Html } from './markup.ts'
import { leftOut, named, owner, prose, tier } from './parts.ts'
import { groupBy, TIERS_DOWN } from './sums.ts'
import type { Sums } from './sums.ts'

type Path = ReportPrincipal['escalations'][number]

const IDENTITIES_MAX = 50
const PATHS_OF_IDENTITY_MAX = 8

export function* pathsSection({ principals }: Sums): Generator<Html> {
  const able = [...principals.values()]
    .filter(({ escalations }) => escalations.length > 0)
    .toSorted((a, b) => highest(a) - highest(b) || b.escalations.length - a.escalations.length)
  if (able.length === 0) return
  yield html`<section id="paths">
    <h2>Ways to more than was given</h2>
    <p>Each path is a chain of rights that are granted today. Taking away any one step closes it.</p>
   `
  yield leftOut(able.length, Math.min(able.length, IDENTITIES_MAX), 'identities')
  for (const principal of able.slice(0, IDENTITIES_MAX)) yield identityPaths(principal, principals)
  yield html`</section>`
}

const highest = ({ escalations }: ReportPrincipal): number =>
  Math.min(...escalations.map(({ reachesTier }) => TIERS_DOWN.indexOf(reachesTier)))

function identityPaths(principal: ReportPrincipal, principals: Sums['principals']): Html {
  // one technique on many targets is one path with many ends
  const paths = [...groupBy(principal.escalations, ({ technique, steps }) => JSON.stringify([technique, steps]))]
  const rest = paths.length - PATHS_OF_IDENTITY_MAX
  return html`<article class="paths">
    <h3>${named(principal)}</h3>
    <p class="faint">${principal.nativeType}, owner ${owner(principal.owner, principal.ownerStatus)}</p>
    ${paths.slice(0, PATHS_OF_IDENTITY_MAX).map(([, of]) => drawn(of, principals))}${rest > 0 ? html`<p class="faint">and ${numberText(rest)} more paths</p>` : ''}
  </article> `
}

function drawn(of: readonly Path[], principals: Sums['principals']): Html {
  const [path] = of
  if (path === undefined) return html``
  const ends = of.map(
    ({ reaches, reachesPrincipalId }) => principals.get(reachesPrincipalId ?? '')?.externalId ?? reaches,
  )
  return html`<figure class="path">
    <figcaption>${prose(path.title)}</figcaption>
    <ol class="steps">
      ${path.steps.map(
        ({ action, resource, because }) =>
          html`<li class="step">
            <b>${action}</b><span class="on">${resource}</span><small>${prose(because)}</small>
          </li>`,
      )}
      <li class="step end">
        <b>${prose(ends.slice(0, 3).join(', '))}${ends.length > 3 ? ` and ${ends.length - 3} more` : ''}</b
        ><span>${tier(path.reachesTier)}</span>
      </li>
    </ol>
  </figure>`
}
