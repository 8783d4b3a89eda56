// An estate as connectors would tell it: applications with keys and rights, owners in tags, a people feed.
import { credentialRef, ref } from '#kernel'
import type { Fact, Instant, Provenance } from '#kernel'

const WORDS = ['payments', 'ledger', 'billing', 'deploy', 'ingest', 'report', 'search', 'mail', 'audit', 'sync']
const PERMISSIONS = [
  'Mail.Read',
  'Directory.Read.All',
  'Files.ReadWrite.All',
  'User.Read.All',
  'Sites.Read.All',
] as const
const PEOPLE_PER = 100

/** Of each application three credentials and rights on average: 100,000 make 300,000. */
export function* estate(principals: number): Generator<Fact> {
  for (let n = 0; n < principals; n += PEOPLE_PER) yield person(n / PEOPLE_PER)
  for (let n = 0; n < principals; n++) yield* application(n, principals)
}

const from = (file: string, object: string): Provenance => ({ connector: 'entra', file, object })
const day = (n: number): Instant => new Date(Date.UTC(2024, 0, 1) + (n % 900) * 86_400_000).toISOString() as Instant

function person(n: number): Fact {
  return {
    type: 'person',
    personId: `e${n}`,
    name: `Person Number ${n}`,
    emails: [`person${n}@example.org`],
    status: 'active',
    provenance: { connector: 'people', file: 'people.csv', startLine: n + 2 },
  }
}

function* application(n: number, principals: number): Generator<Fact> {
  const word = WORDS[n % WORDS.length] ?? 'app'
  const id = `${n.toString(16).padStart(8, '0')}-0000-4000-8000-${(n * 7919).toString(16).padStart(12, '0')}`
  const principal = ref('entra', id)
  const provenance = from(`entra/applications-${Math.floor(n / 1000)}.json`, `/value/${n % 1000}`)
  const owner = `person${Math.floor((n % principals) / PEOPLE_PER)}@example.org`
  yield {
    type: 'principal',
    ref: principal,
    kind: 'oauth_app',
    nativeType: 'application',
    system: 'entra',
    externalId: id,
    name: `${word}-${n % 7 === 0 ? 'prod' : 'dev'}-${n}`,
    enabled: true,
    createdAt: day(n),
    labels: { 'cost-centre': String(n % 300), 'data-class': 'internal', owner },
    ownerHints: [{ who: owner, how: 'tag', reason: 'tag `owner`' }],
    attributes: { signInAudience: 'AzureADMyOrg', verifiedPublisher: null },
    provenance,
  }
  for (let key = 0; key <= n % 2; key++) {
    const keyId = `${id.slice(0, 24)}${(n * 2 + key).toString(16).padStart(12, '0')}`
    yield {
      type: 'credential',
      ref: credentialRef.entraKey(keyId),
      credentialType: key === 0 ? 'oauth_client_secret' : 'certificate',
      exposure: 'record',
      principal,
      name: `key ${key}`,
      createdAt: day(n),
      expiresAt: day(n + 700),
      provenance,
    }
  }
  for (let right = 0; right <= (n + 1) % 2; right++) {
    const permission = PERMISSIONS[(n + right) % PERMISSIONS.length] ?? 'Mail.Read'
    yield {
      type: 'entitlement',
      principal,
      system: 'entra',
      permission,
      actions: [`entra:${permission}`],
      resources: ['*'],
      level: permission.includes('Write') ? 'write' : 'read',
      provenance: from('entra/grants.json', `/value/${n * 2 + right}`),
    }
  }
}
