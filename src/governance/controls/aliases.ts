// Turns what texts cite into what they mean. Ids of CSF 1.1, withdrawn ids and a numbering of OWASP risks that is in no
// list are all in circulation; what cannot be resolved is said to be so and never passed on.
import { OWASP_NHI_2025 } from './catalogue.ts'
import type { OwaspId } from './catalogue.ts'
import { CSF_2_0_CATEGORIES, CSF_2_0_LIVE } from './csf-2-0.ts'
import { AI_RMF_1_0, MAESTRO_LAYERS, SP_800_207_TENETS } from './frameworks.ts'

type Framework = 'OWASP NHI 2025' | 'NIST CSF 2.0' | 'NIST SP 800-207' | 'NIST AI RMF 1.0' | 'CSA MAESTRO'

export interface ResolvedReference {
  /** As the text has it. */
  readonly cited: string
  readonly framework: Framework
  /** `live`: cited correctly; `corrected`: `ids` are what is meant; `unresolved`: nothing known is meant, `ids` is empty. */
  readonly status: 'live' | 'corrected' | 'unresolved'
  readonly ids: readonly string[]
  readonly note: string
}

/** CSF 1.1 to 2.0, where the move is known. */
export const CSF_1_1_ALIASES: Readonly<Record<string, readonly string[]>> = {
  'PR.AC-1': ['PR.AA-01', 'PR.AA-05'],
  'PR.AC-2': ['PR.AA-06'],
  'PR.AC-3': ['PR.AA-03', 'PR.AA-05', 'PR.IR-01'],
  'PR.AC-4': ['PR.AA-05'],
  'PR.AC-5': ['PR.IR-01'],
  'PR.AC-6': ['PR.AA-02'],
  'PR.AC-7': ['PR.AA-03'],
  'PR.PT-1': ['PR.PS-04'],
  'PR.PT-3': ['PR.PS-01'],
  'PR.IP-11': ['GV.RR-04'],
}

/** What the words around an `NHI-nn` say is meant. `NHI-03` stands for rotation in some texts, for privilege in others. */
const OWASP_WORDS: readonly (readonly [OwaspId, RegExp])[] = [
  ['NHI1:2025', /offboard|orphan|decommission|owner|inventory|record separation|separation of records/i],
  ['NHI2:2025', /leak|exposed secret|hard-?coded/i],
  ['NHI3:2025', /third[- ]party|vendor|supplier/i],
  ['NHI4:2025', /authenticat/i],
  ['NHI5:2025', /privilege|over-?permission|entitlement/i],
  ['NHI6:2025', /deployment config|cloud config|misconfig/i],
  ['NHI7:2025', /rotat|long-?lived|expir|stale secret/i],
  ['NHI8:2025', /environment|isolation/i],
  ['NHI9:2025', /reuse|re-use|shared credential/i],
  ['NHI10:2025', /human use|used by (?:a )?(?:human|person|people)/i],
]

const CITATION =
  /\bNHI(?<hyphen>[-_ ]?)(?<risk>\d{1,2})(?::(?<year>\d{4}))?\b|\b(?<csf>(?:GV|ID|PR|DE|RS|RC)\.[A-Z]{2})-(?<number>\d{1,2})\b|\btenet (?<tenet>\d{1,2})\b|\b(?<rmf>GOVERN|MAP|MEASURE|MANAGE) (?<part>\d{1,2}\.\d{1,2})\b|\bMAESTRO (?<layer>[A-Z](?:\.?\d{1,2})?)\b/gi
const AROUND = 120

/** Every citation in the text, in order. The words near an ambiguous one decide; without any it stays unresolved. */
export function resolveReference(text: string): ResolvedReference[] {
  return [...text.matchAll(CITATION)].map((match) => {
    const cited = match[0]
    const of = match.groups ?? {}
    const nearby = text.slice(Math.max(0, match.index - AROUND), match.index + cited.length + AROUND)
    if (of['risk'] !== undefined) return owasp(cited, of, nearby)
    if (of['csf'] !== undefined) return csf(cited, of['csf'].toUpperCase(), Number(of['number']), of['number'] ?? '')
    if (of['tenet'] !== undefined) return listed(cited, 'NIST SP 800-207', of['tenet'], SP_800_207_TENETS)
    if (of['rmf'] !== undefined)
      return listed(cited, 'NIST AI RMF 1.0', `${of['rmf'].toUpperCase()} ${of['part'] ?? ''}`, AI_RMF_1_0)
    return listed(cited, 'CSA MAESTRO', (of['layer'] ?? '').toUpperCase(), MAESTRO_LAYERS)
  })
}

function owasp(cited: string, of: Readonly<Record<string, string | undefined>>, nearby: string): ResolvedReference {
  const framework = 'OWASP NHI 2025'
  const id = `NHI${Number(of['risk'])}:2025`
  const known = Object.hasOwn(OWASP_NHI_2025, id)
  const plain = of['hyphen'] === '' && !(of['risk'] ?? '').startsWith('0')
  if (plain && known && (of['year'] ?? '2025') === '2025')
    return { cited, framework, status: 'live', ids: [id], note: OWASP_NHI_2025[id as OwaspId] }
  const meant = OWASP_WORDS.filter(([, words]) => words.test(nearby)).map(([risk]) => risk)
  const [only, ...others] = meant
  if (only === undefined || others.length > 0) {
    const note = `\`${cited}\` is in no list of OWASP, and the words around it ${only === undefined ? 'do not say' : 'do not decide'} which risk is meant`
    return { cited, framework, status: 'unresolved', ids: [], note }
  }
  return {
    cited,
    framework,
    status: 'corrected',
    ids: [only],
    note: `by the words around it, ${OWASP_NHI_2025[only]} is meant`,
  }
}

function csf(cited: string, category: string, number: number, digits: string): ResolvedReference {
  const framework = 'NIST CSF 2.0'
  const id = `${category}-${String(number).padStart(2, '0')}`
  if (digits.length === 2 && CSF_2_0_LIVE.has(id)) return { cited, framework, status: 'live', ids: [id], note: 'live' }
  const old = `${category}-${number}`
  const successors = Object.hasOwn(CSF_1_1_ALIASES, old) ? CSF_1_1_ALIASES[old] : undefined
  if (successors !== undefined)
    return {
      cited,
      framework,
      status: 'corrected',
      ids: successors,
      note: `an id of CSF 1.1; in 2.0 ${successors.join(', ')}`,
    }
  // categories that 1.1 did not have: only the zero is missing
  if (CSF_2_0_LIVE.has(id) && !IN_1_1.has(category))
    return { cited, framework, status: 'corrected', ids: [id], note: `spelled ${id}` }
  const note = CSF_2_0_CATEGORIES.has(category)
    ? 'no live subcategory of CSF 2.0: withdrawn, or an id of 1.1 whose successor is not known here'
    : 'a category that CSF 2.0 does not have'
  return { cited, framework, status: 'unresolved', ids: [], note }
}

const IN_1_1: ReadonlySet<string> = new Set(
  'ID.AM ID.BE ID.GV ID.RA ID.RM ID.SC PR.AC PR.AT PR.DS PR.IP PR.MA PR.PT DE.AE DE.CM DE.DP RS.RP RS.CO RS.AN RS.MI RS.IM RC.RP RC.IM RC.CO'.split(
    ' ',
  ),
)

function listed(
  cited: string,
  framework: Framework,
  id: string,
  table: Readonly<Record<string, unknown>>,
): ResolvedReference {
  const entry = Object.hasOwn(table, id) ? table[id] : undefined
  if (entry === undefined)
    return {
      cited,
      framework,
      status: 'unresolved',
      ids: [],
      note: `\`${id}\` is in no list of ${framework} that was found`,
    }
  const note = typeof entry === 'string' ? entry : titleOf(entry)
  return { cited, framework, status: 'live', ids: [id], note }
}

const titleOf = (entry: unknown): string =>
  typeof entry === 'object' && entry !== null && 'title' in entry && typeof entry.title === 'string' ? entry.title : ''
