// The secrets of the HTML report: which values stand in files, whose they are and where.
import { counted, numberText } from '../../../words.ts'
import type { Report, ReportCredential } from '../../contract.ts'
import { html } from './markup.ts'
import type { Html } from './markup.ts'
import { leftOut, owner, places } from './parts.ts'
import type { Sums } from './sums.ts'

const ROWS_MAX = 500

export function* secretsSection(report: Report, { inTheOpen, principals }: Sums): Generator<Html> {
  if (inTheOpen.length === 0) return
  const files = new Set(inTheOpen.flatMap(({ locations }) => locations.map(({ file }) => file)))
  yield html`<section id="secrets">
    <h2>Secrets in the open</h2>
    <p>
      ${counted(inTheOpen.length, 'secret value')} in ${counted(files.size, 'file')}. The values are not in this report;
      equal labels mean equal values.
    </p>
   `
  yield leftOut(inTheOpen.length, Math.min(inTheOpen.length, ROWS_MAX), 'secrets')
  yield html`<div class="scroll" tabindex="0" role="region" aria-label="Secrets in the open">
    <table class="rows secrets">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Whose</th>
          <th scope="col">Owner</th>
          <th scope="col">Age</th>
          <th scope="col">Where</th>
        </tr>
      </thead>
      <tbody>
   `
  for (const credential of inTheOpen.slice(0, ROWS_MAX)) {
    const holder = principals.get(credential.principalId ?? '')
    const answering = holder ?? principals.get(credential.consumers[0] ?? '')
    yield html`<tr>
      <th scope="row">
        <span class="name">${credential.title}</span
        ><span class="faint"
          >${[credential.name, credential.hint, credential.fingerprint].filter((one) => one !== null).join(' · ')}</span
        >
      </th>
      <td>
        ${holder === undefined ? html`<span class="nobody">not known</span>` : html`<code>${holder.externalId}</code>`}${consumersText(credential, principals)}
      </td>
      <td>${owner(answering?.owner ?? null, answering?.ownerStatus ?? null)}</td>
      <td>${ageText(credential, report.scannedAt)}</td>
      <td>${places(credential.locations)}</td>
    </tr> `
  }
  yield html`</tbody></table></div></section>`
}

function consumersText({ consumers }: ReportCredential, principals: Sums['principals']): Html {
  const names = consumers.map((id) => principals.get(id)?.externalId ?? id)
  if (names.length === 0) return html``
  const rest = names.length > 2 ? ` and ${names.length - 2} more` : ''
  return html`<br /><span class="faint">given to ${names.slice(0, 2).join(', ')}${rest}</span>`
}

function ageText({ createdAt, lastRotatedAt, expiresAt }: ReportCredential, now: string): Html {
  const since = lastRotatedAt ?? createdAt
  const days = since === null ? undefined : Math.floor((Date.parse(now) - Date.parse(since)) / 86_400_000)
  const age = days === undefined ? 'not known' : `${numberText(days)} days`
  const ends = expiresAt === null ? '' : `${expiresAt < now ? 'ended' : 'ends'} ${expiresAt.slice(0, 10)}`
  return html`${age}${ends === '' ? '' : html`<br /><span class="faint">${ends}</span>`}`
}
