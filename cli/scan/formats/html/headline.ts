// The top of the HTML report: what was found in one sentence, in figures, and what to do first.
import { bytesText, counted, kindTitle, numberText } from '../../../words.ts'
import type { Report } from '../../contract.ts'
import { html } from './markup.ts'
import type { Html } from './markup.ts'
import { owner, pill, prose } from './parts.ts'
import { WORST_FIRST } from './sums.ts'
import type { Action, Sums } from './sums.ts'

const ACTIONS_MAX = 6
const OWNERS_MAX = 4

export function headline(report: Report, sums: Sums): Html {
  const { stats } = report
  return html`<header class="top">
      <p class="brand">Reeve <span>identity scan</span></p>
      <h1>Non-human identities</h1>
      <p class="lead">${lead(report, sums)}</p>
      <p class="faint">
        ${dayText(report.scannedAt)} · ${counted(stats.files, 'file')} read (${bytesText(stats.bytes)}) · reeve
        ${report.tool.version}
      </p>
    </header>
    <section aria-label="In figures">
      <ul class="tiles">
        ${tile(sums.machines.length, 'identities', kindsText(sums), '')}
        ${tile(stats.bySeverity.critical + stats.bySeverity.high, 'critical or high', `of ${counted(stats.findings, 'finding')}`, 'bad')}
        ${tile(sums.admins.length, 'administrators', 'outright or by a path to it', 'bad')}
        ${tile(sums.inTheOpen.length, 'secrets in the open', 'values that stand in files', 'bad')}
        ${tile(sums.orphans.length + sums.left.length, 'without an owner', `${numberText(sums.left.length)} of them: the owner has left`, 'warn')}
        ${tile(report.blindSpots.length + stats.errors, 'limits of this scan', `${counted(stats.errors, 'error')} in reading`, '')}
      </ul>
      ${severityBar(report)}
    </section>`
}

function lead(report: Report, sums: Sums): Html {
  const { critical, high } = report.stats.bySeverity
  const grave =
    critical + high === 0
      ? html`Nothing critical or high was found.`
      : html`<strong
            >${[critical > 0 ? `${numberText(critical)} critical` : '', high > 0 ? `${numberText(high)} high` : '']
              .filter((one) => one !== '')
              .join(' and ')}</strong
          >
          ${critical + high === 1 ? 'finding needs' : 'findings need'} an answer.`
  const facts = [
    [sums.admins.length, 'can act as an administrator', 'can act as an administrator'],
    [sums.orphans.length, 'has nobody who is known to answer for it', 'have nobody who is known to answer for them'],
    [sums.left.length, 'belongs to somebody who has left', 'belong to somebody who has left'],
  ] as const
  const said = facts
    .filter(([count]) => count > 0)
    .map(([count, one, many]) => `${numberText(count)} ${count === 1 ? one : many}`)
  const open = sums.inTheOpen.length
  return html`<strong>${counted(sums.machines.length, 'identity', 'identities')}</strong> that are not people
    ${sums.machines.length === 1 ? 'was' : 'were'} found. ${grave} ${said.length === 0 ? '' : `${listed(said)}.`}
    ${open === 0 ? '' : `${counted(open, 'secret value stands', 'secret values stand')} in plain text.`}`
}

const listed = (texts: readonly string[]): string =>
  texts.length < 2 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1) ?? ''}`

function kindsText({ machines }: Sums): string {
  const counts = new Map<string, number>()
  for (const { kind } of machines) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const [first, second] = [...counts].sort((a, b) => b[1] - a[1])
  return [first, second]
    .flatMap((one) => (one === undefined ? [] : `${numberText(one[1])} ${kindTitle(one[0], one[1])}`))
    .join(', ')
}

const tile = (count: number, title: string, note: string, tone: string): Html =>
  html`<li class="tile ${count === 0 ? '' : tone}">
    <b>${numberText(count)}</b><span>${title}</span><small>${note}</small>
  </li>`

/** One bar, drawn: its parts are the findings of each severity. */
function severityBar({ stats }: Report): Html {
  if (stats.findings === 0) return html``
  let x = 0
  const parts = WORST_FIRST.filter((severity) => stats.bySeverity[severity] > 0).map((severity) => {
    const width = (stats.bySeverity[severity] / stats.findings) * 1000
    const part = html`<rect
      class="fill ${severity}"
      x="${x.toFixed(1)}"
      y="0"
      width="${width.toFixed(1)}"
      height="12"
    ></rect>`
    x += width
    return part
  })
  const legend = WORST_FIRST.map(
    (severity) => html`<li>${pill(severity)} ${numberText(stats.bySeverity[severity])}</li>`,
  )
  const words = WORST_FIRST.map((severity) => `${stats.bySeverity[severity]} ${severity}`).join(', ')
  return html`<figure class="bar">
    <svg viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label="Findings by severity: ${words}">
      ${parts}
    </svg>
    <figcaption>
      <ul class="legend">
        ${legend}
      </ul>
    </figcaption>
  </figure>`
}

export function whatToDoFirst({ actions }: Sums): Html {
  if (actions.length === 0) return html``
  return html`<section id="first">
    <h2>What to do first</h2>
    <ol class="actions">
      ${actions.slice(0, ACTIONS_MAX).map(actionItem)}
    </ol>
    ${actions.length > ACTIONS_MAX ? html`<p class="faint">${counted(actions.length - ACTIONS_MAX, 'more kind')} of finding below.</p>` : ''}
  </section>`
}

function actionItem({ detector, worst, findings, owners }: Action): Html {
  const rest = owners.length - OWNERS_MAX
  const [only] = findings.length === 1 ? findings : []
  return html`<li>
    <div>
      <h3>${prose(capital((only ?? detector).title))}</h3>
      <p>${prose((only ?? detector).remediation)}</p>
      <p class="ask">
        <span>To ask</span> ${owners
          .slice(0, OWNERS_MAX)
          .map(([who, count]) => html`<span class="who">${owner(who)} <b>${numberText(count)}</b></span>`)}${
          rest > 0 ? html`<span class="faint">and ${numberText(rest)} more</span>` : ''
        }
      </p>
    </div>
    <p class="count">
      ${pill(worst)}${only === undefined ? html`<a href="#findings" data-detector="${detector.id}">${counted(findings.length, 'finding')}</a>` : html`<a href="#${only.fingerprint}">details</a>`}
    </p>
  </li>`
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

/** `23 November 2026, 17:38 UTC`, the same on every machine. */
function dayText(instant: string): string {
  const [year = '', month = '', day = ''] = instant.slice(0, 10).split('-')
  return `${Number(day)} ${MONTHS[Number(month) - 1] ?? month} ${year}, ${instant.slice(11, 16)} UTC`
}
