// The honest end of the HTML report: what was accepted, what may be one, what was not seen, and how it was done.
import { DETECTORS } from '#governance'
import { counted, numberText } from '../../../words.ts'
import type { Report } from '../../contract.ts'
import { html } from './markup.ts'
import type { Html } from './markup.ts'
import { leftOut, pill, place, prose } from './parts.ts'
import { groupBy } from './sums.ts'
import type { Sums } from './sums.ts'

const ROWS_MAX = 500

export function* notesSections(report: Report, sums: Sums): Generator<Html> {
  yield accepted(report)
  yield likely(report, sums)
  yield blindSpots(report)
  yield errors(report)
  yield* method(report)
}

function accepted({ suppressed }: Report): Html {
  if (suppressed.length === 0) return html``
  return html`<section id="accepted">
    <h2>Accepted</h2>
    <p>${counted(suppressed.length, 'finding')} that somebody accepted, with a reason and an end.</p>
    <div class="scroll">
      <table class="rows">
        <thead>
          <tr>
            <th scope="col">Finding</th>
            <th scope="col">Reason</th>
            <th scope="col">Until</th>
            <th scope="col">Said in</th>
          </tr>
        </thead>
        <tbody>
          ${suppressed.slice(0, ROWS_MAX).map(
            ({ title, severity, suppression }) =>
              html`<tr>
                <th scope="row">${pill(severity)} ${title}</th>
                <td>${suppression.reason}</td>
                <td>${suppression.until}</td>
                <td>${suppression.by}, ${place(suppression.at)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`
}

function likely({ likelyMatches }: Report, { principals }: Sums): Html {
  if (likelyMatches.length === 0) return html``
  const name = (id: string): string => principals.get(id)?.externalId ?? id
  return html`<section id="likely">
    <h2>Perhaps one and the same</h2>
    <p>Nothing was merged: somebody who knows has to say.</p>
    <ul class="notes">
      ${likelyMatches
        .slice(0, 100)
        .map(({ a, b, reason }) => html`<li><code>${name(a)}</code> and <code>${name(b)}</code><br />${reason}</li>`)}
    </ul>
  </section>`
}

function blindSpots(report: Report): Html {
  const groups = [...groupBy(report.blindSpots, ({ source }) => source)]
  return html`<section id="unseen">
    <h2>What this scan could not see</h2>
    ${groups.length === 0 ? html`<p>Nothing that it knows of.</p>` : ''}
    <dl class="unseen">
      ${groups.map(
        ([source, of]) =>
          html`<div>
            <dt>${source}</dt>
            <dd>
              <ul>
                ${[...groupBy(of, ({ message }) => message)]
                  .slice(0, 40)
                  .map(
                    ([message, at]) => html`<li>${prose(message)}${filesOf(at.flatMap(({ file }) => file ?? []))}</li>`,
                  )}
              </ul>
            </dd>
          </div>`,
      )}
    </dl>
  </section>`
}

const filesOf = (files: readonly string[]): Html =>
  files.length === 0
    ? html``
    : html` <span class="faint"
        >(${files.slice(0, 3).join(', ')}${files.length > 3 ? ` and ${files.length - 3} more` : ''})</span
      >`

function errors({ errors: all }: Report): Html {
  if (all.length === 0) return html``
  return html`<section id="errors">
    <h2>What could not be read</h2>
    <p>${counted(all.length, 'entry', 'entries')}. Everything else was read.</p>
    ${leftOut(all.length, Math.min(all.length, ROWS_MAX), 'errors')}
    <ul class="notes">
      ${all.slice(0, ROWS_MAX).map(({ file, line, message }) => html`<li>${place({ file, ...(line === null ? {} : { startLine: line }) })} ${prose(message)}</li>`)}
    </ul>
  </section>`
}

function* method(report: Report): Generator<Html> {
  const found = groupBy(report.findings, ({ detector }) => detector)
  const sources = [...groupBy(report.principals, ({ source }) => source)].map(
    ([source, of]) => `${source} (${numberText(of.length)})`,
  )
  yield html`<section id="method">
    <h2>How this was done</h2>
    <p>
      Reeve read ${counted(report.stats.files, 'file')} and nothing else: no network, no credentials, nothing written.
      Records of one identity were joined by explicit identifiers and by keyed fingerprints of secrets, never by
      likeness of names.${sources.length === 0 ? '' : ` Identities by source: ${sources.join(', ')}.`} Owners,
      environments and privileges are derived by rules, each with its reason; what no rule says is called unknown. No
      secret value is in this report.
    </p>
    <details class="all">
      <summary>${counted(DETECTORS.length, 'detector')}, and what each cannot see</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="Detectors">
        <table class="rows detectors">
          <thead>
            <tr>
              <th scope="col">Detector</th>
              <th scope="col">Findings</th>
              <th scope="col">Severity</th>
              <th scope="col">Needs</th>
              <th scope="col">Cannot see</th>
            </tr>
          </thead>
          <tbody>
   `
  for (const { id, title, owasp, severityRule, needs, blindSpot } of DETECTORS) {
    yield html`<tr>
      <th scope="row">
        <span class="name">${title}</span><code>${id}</code> <span class="faint">${owasp.join(' ')}</span>
      </th>
      <td class="number">${numberText(found.get(id)?.length ?? 0)}</td>
      <td>${prose(severityRule)}</td>
      <td>${prose(needs)}</td>
      <td>${prose(blindSpot)}</td>
    </tr> `
  }
  yield html`</tbody></table></div></details></section>`
}
