// The findings of the HTML report: one line each that opens into everything that is known of it.
import { DETECTORS, NIST_CSF_2_0, OWASP_NHI_2025 } from '#governance'
import { counted, kindTitle, numberText } from '../../../words.ts'
import type { Report, ReportFinding, ReportPrincipal } from '../../contract.ts'
import { html } from './markup.ts'
import type { Html } from './markup.ts'
import { evidence, leftOut, owner, pill, place, places, prose, tier } from './parts.ts'
import { WORST_FIRST } from './sums.ts'
import type { Sums } from './sums.ts'

const FINDINGS_MAX = 2000

export function* findingsSection(report: Report, sums: Sums): Generator<Html> {
  yield html`<section id="findings"><h2>Findings</h2>`
  if (report.findings.length === 0) {
    yield html`<p>Nothing was found${report.suppressed.length > 0 ? ' beside what was accepted' : ''}. What this scan could not see is listed below.</p></section>`
    return
  }
  yield filters(report, sums)
  const shown = report.findings.slice(0, FINDINGS_MAX)
  yield leftOut(report.findings.length, shown.length, 'findings')
  for (const severity of WORST_FIRST) {
    const of = shown.filter((finding) => finding.severity === severity)
    if (of.length === 0) continue
    yield html`<div class="group" data-group>
      <h3>${severity} <span class="faint" data-count>${numberText(of.length)}</span></h3>
     `
    for (const finding of of) yield findingItem(finding, sums.principals.get(finding.subject.principalId ?? ''))
    yield html`</div>`
  }
  yield html`<p id="none" hidden>No finding fits. <button type="button" data-clear>Show all</button></p></section>`
}

function filters({ findings }: Report, { principals, actions }: Sums): Html {
  const owners = new Set(findings.map(({ subject }) => principals.get(subject.principalId ?? '')?.owner ?? ''))
  const option = (value: string, text: string): Html => html`<option value="${value}">${text}</option>`
  return html`<form class="filters" role="search" aria-label="Filter the findings" hidden>
    <label class="search"
      ><span>Search</span><input type="search" id="f-text" placeholder="name, file, words" autocomplete="off"
    /></label>
    <label
      ><span>Severity</span
      ><select id="f-severity">
        ${option('', 'all')}${WORST_FIRST.slice(0, 4).map((one) => option(one, one === 'critical' ? one : `${one} and above`))}
      </select></label
    >
    <label
      ><span>Owner</span
      ><select id="f-owner">
        ${option('', 'all')}${[...owners].sort().map((one) => option(one === '' ? '-' : `=${one}`, one === '' ? 'nobody known' : one))}
      </select></label
    >
    <label
      ><span>Kind of finding</span
      ><select id="f-detector">
        ${option('', 'all')}${actions.map(({ detector, findings: of }) => option(detector.id, `${detector.title} (${numberText(of.length)})`))}
      </select></label
    >
    <p id="f-count" role="status" aria-live="polite">${counted(findings.length, 'finding')}</p>
  </form>`
}

function findingItem(finding: ReportFinding, principal: ReportPrincipal | undefined): Html {
  const who = principal?.owner ?? ''
  return html`<details
    class="finding ${finding.severity}"
    id="${finding.fingerprint}"
    data-finding
    data-severity="${finding.severity}"
    data-detector="${finding.detector}"
    data-owner="${who === '' ? '-' : `=${who}`}"
  >
    <summary>
      ${pill(finding.severity)}<span class="what"
        ><span class="title">${prose(finding.title)}</span
        ><span class="where">${place(finding.locations[0])}</span></span
      ><span class="who">${owner(who, principal?.ownerStatus ?? null)}</span>
    </summary>
    <div class="body">
      <div class="columns">
        <div>
          <h4>Why it is ${finding.severity}</h4>
          <ul>
            ${finding.severityReasons.map((reason) => html`<li>${prose(reason)}</li>`)}
          </ul>
          <h4>What to do</h4>
          <p>${prose(finding.remediation)}</p>
          ${
            Object.keys(finding.evidence).length === 0
              ? ''
              : html`<h4>Evidence</h4>
                  ${evidence(finding.evidence)}`
          }
        </div>
        <div>
          ${about(finding, principal)}
          <h4>Where</h4>
          ${places(finding.locations, 8)}
          <h4>References</h4>
          <ul class="plain references">
            ${references(finding)}
          </ul>
        </div>
      </div>
      <p class="faint foot">
        <code>${finding.detector}</code> · <code>${finding.fingerprint}</code> · ${prose(blindSpotOf(finding.detector))}
      </p>
    </div>
  </details> `
}

function about({ subject }: ReportFinding, principal: ReportPrincipal | undefined): Html {
  if (principal === undefined) {
    return html`<h4>Subject</h4>
      <p><code>${subject.externalId}</code><br /><span class="faint">no identity is known that it belongs to</span></p>`
  }
  return html`<h4>Subject</h4>
    <p><code>${principal.externalId}</code></p>
    <dl class="facts">
      <div>
        <dt>Kind</dt>
        <dd>${kindTitle(principal.kind)} (${principal.nativeType})</dd>
      </div>
      <div>
        <dt>Owner</dt>
        <dd>
          ${owner(principal.owner, principal.ownerStatus)}${principal.ownerReason === null ? '' : html` <span class="faint">${prose(principal.ownerReason)}</span>`}
        </dd>
      </div>
      <div>
        <dt>Environment</dt>
        <dd>${principal.environment} <span class="faint">${prose(principal.environmentReason)}</span></dd>
      </div>
      <div>
        <dt>Privilege</dt>
        <dd>
          ${tier(principal.privilege)}
          <span class="faint">${prose(principal.privilegeReasons.slice(0, 2).join('; '))}</span>
        </dd>
      </div>
    </dl>`
}

function references({ owasp, controls }: ReportFinding): Html[] {
  const titles: Readonly<Record<string, string>> = { ...OWASP_NHI_2025, ...NIST_CSF_2_0 }
  return [...owasp, ...controls].map((id) => html`<li><b>${id}</b> <span class="faint">${titles[id] ?? ''}</span></li>`)
}

const blindSpotOf = (id: string): string =>
  `cannot see: ${DETECTORS.find((one) => one.id === id)?.blindSpot ?? 'not stated'}`
