// The identities of the HTML report: by kind and privilege, by owner, and one by one with the riskiest first.
import { counted, kindTitle, numberText } from '../../../words.ts'
import type { Report, ReportPrincipal } from '../../contract.ts'
import { compareText } from '../../places.ts'
import { html } from './markup.ts'
import type { Html } from './markup.ts'
import { leftOut, named, owner, pill, tier } from './parts.ts'
import { groupBy, isMachine, TIERS_DOWN, weightOf } from './sums.ts'
import type { Sums } from './sums.ts'

const ROWS_MAX = 1000
const OWNERS_MAX = 30

export function* identitiesSection(report: Report, sums: Sums): Generator<Html> {
  if (report.principals.length === 0) return
  yield html`<section id="identities">
    <h2>Identities</h2>
    <div class="columns wide">
   `
  yield byKind(report.principals)
  yield byOwner(sums)
  yield html`</div><details class="all"><summary>Every identity that is no person or has a finding, the riskiest first</summary>`
  const ordered = riskiestFirst(
    report.principals.filter((principal) => isMachine(principal) || sums.findingsOf.has(principal.id)),
    sums,
  )
  const shown = ordered.slice(0, ROWS_MAX)
  yield leftOut(ordered.length, shown.length, 'identities')
  yield html`<div class="scroll" tabindex="0" role="region" aria-label="Every identity">
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">Identity</th>
          <th scope="col">Kind</th>
          <th scope="col">Environment</th>
          <th scope="col">Privilege</th>
          <th scope="col">Owner</th>
          <th scope="col">Findings</th>
        </tr>
      </thead>
      <tbody>
   `
  for (const principal of shown) yield row(principal, sums)
  yield html`</tbody></table></div></details></section>`
}

function byKind(principals: readonly ReportPrincipal[]): Html {
  const kinds = [...groupBy(principals, ({ kind }) => kind)].sort(
    (a, b) => b[1].length - a[1].length || compareText(a[0], b[0]),
  )
  const cell = (of: readonly ReportPrincipal[], privilege: string): Html => {
    const count = of.filter((one) => one.privilege === privilege).length
    return html`<td class="number ${count === 0 ? 'zero' : privilege}">${count === 0 ? '·' : numberText(count)}</td>`
  }
  return html`<div>
    <h3>By kind and privilege</h3>
    <div class="scroll">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">Kind</th>
            ${TIERS_DOWN.map((one) => html`<th scope="col" class="number">${one}</th>`)}
            <th scope="col" class="number">all</th>
          </tr>
        </thead>
        <tbody>
          ${kinds.map(
            ([kind, of]) =>
              html`<tr>
                <th scope="row">${kindTitle(kind, of.length)}</th>
                ${TIERS_DOWN.map((one) => cell(of, one))}
                <td class="number all">${numberText(of.length)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="faint">
      Administrator: can give itself any right, at once or by a path. Unknown: the input does not say.
    </p>
  </div>`
}

function byOwner({ defined, findingsOf }: Sums): Html {
  const groups = [...groupBy(defined, ({ owner: who }) => who ?? '')]
    .map(([who, of]) => {
      const findings = of.flatMap(({ id }) => findingsOf.get(id) ?? [])
      const grave = findings.filter(({ severity }) => severity === 'critical' || severity === 'high').length
      return {
        who,
        status: of[0]?.ownerStatus ?? null,
        of,
        grave,
        weight: weightOf(findings),
        findings: findings.length,
      }
    })
    .sort((a, b) => b.weight - a.weight || b.of.length - a.of.length || compareText(a.who, b.who))
  const rows = groups.slice(0, OWNERS_MAX).map(
    ({ who, status, of, grave, findings }) =>
      html`<tr>
        <th scope="row">${owner(who, status)}</th>
        <td class="number">${numberText(of.length)}</td>
        <td class="number ${of.some(({ privilege }) => privilege === 'admin') ? 'admin' : 'zero'}">
          ${numberText(of.filter(({ privilege }) => privilege === 'admin').length)}
        </td>
        <td class="number ${grave > 0 ? 'high' : 'zero'}">${numberText(grave)}</td>
        <td class="number">${numberText(findings)}</td>
      </tr>`,
  )
  return html`<div>
    <h3>By owner</h3>
    <div class="scroll">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">Owner</th>
            <th scope="col" class="number">identities</th>
            <th scope="col" class="number">admin</th>
            <th scope="col" class="number">critical, high</th>
            <th scope="col" class="number">findings</th>
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${groups.length > OWNERS_MAX ? html`<p class="faint">and ${counted(groups.length - OWNERS_MAX, 'more owner')}</p>` : ''}
  </div>`
}

function riskiestFirst(principals: readonly ReportPrincipal[], { findingsOf }: Sums): ReportPrincipal[] {
  const rank = (principal: ReportPrincipal): number =>
    weightOf(findingsOf.get(principal.id) ?? []) * 10 + (TIERS_DOWN.length - TIERS_DOWN.indexOf(principal.privilege))
  return principals.toSorted((a, b) => rank(b) - rank(a) || compareText(a.externalId, b.externalId))
}

function row(principal: ReportPrincipal, { findingsOf }: Sums): Html {
  const findings = findingsOf.get(principal.id) ?? []
  const worst = findings[0]
  return html`<tr>
    <th scope="row">${named(principal)}</th>
    <td>
      ${kindTitle(principal.kind)}<br /><span class="faint"
        >${principal.source} ${principal.nativeType}${principal.mentionedOnly ? ', only mentioned' : ''}</span
      >
    </td>
    <td>${principal.environment}</td>
    <td>${tier(principal.privilege)}</td>
    <td>${owner(principal.owner, principal.ownerStatus)}</td>
    <td>
      ${worst === undefined ? html`<span class="faint">none</span>` : html`<a href="#${worst.fingerprint}">${pill(worst.severity, numberText(findings.length))}</a>`}
    </td>
  </tr> `
}
