// One good request for every endpoint, each in a state of the roll that allows it: what the route table is tested with.
import type { Act, Id } from '#kernel'
import { createConnection, runConnection } from '#connections'
import type { ConnectionsLayer } from '#connections'
import { listEntries, sequenceOnce } from '#evidence'
import { proposeMatches } from '#identity/roll'
import { facts } from '../../src/access/decide/state-in-test.ts'
import { personOf, teamOf } from '../../src/identity/principal/roll-in-test.ts'
import type { ApiInTest, Asked } from './api.ts'
import { assignment, brokenGlass, discoveredLike } from './made-by-others.ts'
import { EFFECT_CASES } from './effect-route-cases.ts'
import { POLICY_CASES } from './policy-route-cases.ts'

/** A person in the world of the test. `ada` is identity-admin, `kim` access-admin, `olga` owns, `petra` approves. */
type Name = 'ada' | 'kim' | 'olga' | 'petra' | 'otto' | 'mallory'

export interface World {
  readonly api: ApiInTest
  readonly tokens: Readonly<Record<Name, string>>
  readonly bootstrap: string
  readonly connections: ConnectionsLayer
  /** A folder below the import root. */
  readonly folder: string
}

export interface RouteCase {
  /** Whose right it is; identity-admin unless said otherwise. */
  readonly by?: Name | 'bootstrap'
  /** The entry that the act leaves; none for what only reads. */
  readonly entry?: string
  readonly ask: (
    world: World,
  ) => Promise<Omit<Asked, 'token'> & { readonly path?: Readonly<Record<string, string>>; readonly query?: string }>
}

let count = 0
const serial = (): string => `made-${(count += 1)}`
const anyVersion = { 'if-match': '*' }
const olga = { kind: 'person', id: personOf('olga') } as const
const petra = { kind: 'person', id: personOf('petra') } as const

async function made(
  world: World,
  path: string,
  body: object,
  token = world.tokens.ada,
  headers = {},
): Promise<{ id: string; [member: string]: unknown }> {
  const answer = await world.api.ask('POST', path, { token, body, headers })
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  return answer.body as { id: string }
}

const principal = async (world: World, more: object = {}): Promise<string> =>
  (
    await made(world, '/v1/principals', {
      kind: 'service_account',
      system: 'aws',
      name: serial(),
      owner: olga,
      purpose: 'a test',
      nextReviewAt: '2026-06-01',
      ...more,
    })
  ).id
/** JSON leaves out what is undefined. */
const purposeless = async (world: World): Promise<string> => await principal(world, { purpose: undefined })
const after = async (world: World, id: string, verb: string, body: object): Promise<string> =>
  (await made(world, `/v1/principals/${id}/${verb}`, body, world.tokens.ada, anyVersion)).id
const credential = async (world: World): Promise<string> =>
  (await made(world, '/v1/credentials', { type: 'api_token', principalId: await principal(world), name: serial() })).id
const offer = async (world: World): Promise<string> =>
  (await made(world, `/v1/principals/${await principal(world)}/offers`, { to: petra, why: 'she runs it now' })).id
const request = async (world: World): Promise<string> =>
  (
    await made(
      world,
      '/v1/identity-requests',
      {
        kind: 'service_account',
        system: 'aws',
        name: serial(),
        owner: olga,
        purpose: 'a test',
        expiresAt: '2026-09-01',
      },
      world.tokens.olga,
    )
  ).id
const vendor = async (world: World): Promise<string> => (await made(world, '/v1/vendors', { name: serial() })).id
const token = async (world: World): Promise<string> => {
  const { token: record } = (await made(
    world,
    '/v1/tokens',
    { label: serial(), scopes: ['read'] },
    world.tokens.olga,
  )) as unknown as { token: { id: string } }
  return record.id
}
const testAct = (world: World): Act => world.api.roll.act('ada')
const connection = async (world: World): Promise<string> =>
  (
    await createConnection(world.connections, testAct(world), {
      name: serial(),
      type: 'files',
      settings: { path: world.folder },
    })
  ).id

const discovered = async (world: World): Promise<string> => await discoveredLike(world, await principal(world))

async function match(world: World): Promise<string> {
  const pair = [await principal(world), await principal(world)].sort() as [string, string]
  const proposal = { kind: 'principals', pair, reason: 'alike', strength: 'likely' } as const
  const [proposed] = await world.api.roll.identity.db.transaction((tx) =>
    proposeMatches(tx, testAct(world), [proposal as never]),
  )
  if (proposed === undefined) throw new Error('it was proposed')
  return proposed.id
}

const right = { actions: ['pg:SELECT'], resources: ['pg://main/shop/*'], seconds: 3600, purpose: 'a test' }
const accessRequest = async (world: World): Promise<string> =>
  (await made(world, '/v1/access-requests', { principalId: await principal(world), ...right }, world.tokens.olga)).id
/** What carries back a denial that its principal could ask about. */
async function deniedRight(world: World): Promise<object> {
  const { decisions } = world.api.doors
  const principalId = await principal(world)
  decisions?.state().putPrincipal({ ...facts(principalId), id: principalId as Id<'principal'> })
  const denied = {
    subject: { type: 'principal', id: principalId },
    action: { name: 'pg:SELECT' },
    resource: { type: 'table', id: 'pg://main/shop/public.orders' },
  }
  const at = decisions?.now() ?? 0
  const to = { evaluationId: 'dec_1', denied, at, expiresAt: at + 60_000 }
  const denial = {
    binding_token: decisions?.requestable?.binding.sign(to),
    expires_at: new Date(to.expiresAt).toISOString(),
  }
  return { ...denied, denial }
}
const grant = async (world: World): Promise<string> => {
  const path = `/v1/access-requests/${await accessRequest(world)}/decide`
  const granted = await made(world, path, { verdict: 'approve', reason: 'a test' }, world.tokens.petra)
  return (granted as unknown as { data: { grantId: string } }).data.grantId
}

const of =
  (
    path: (world: World) => Promise<string>,
    name: string,
    more: (world: World) => object | Promise<object> = () => ({}),
  ): RouteCase['ask'] =>
  async (world) => ({ path: { [name]: await path(world) }, ...(await more(world)) })
const onPrincipal = (
  body: object | ((world: World) => object | Promise<object>),
  state: (world: World) => Promise<string> = principal,
): RouteCase['ask'] =>
  of(state, 'principalId', async (world) => ({
    body: typeof body === 'function' ? await (body as (world: World) => Promise<object>)(world) : body,
    headers: anyVersion,
  }))
const onCredential = (body: object): RouteCase['ask'] =>
  of(credential, 'credentialId', () => ({ body, headers: anyVersion }))
const empty: RouteCase['ask'] = async () => ({})
const quarantined = async (world: World): Promise<string> =>
  after(world, await principal(world), 'quarantine', { reason: 'a test' })
const because = { reason: 'a test' }
const feed = (): object => ({
  source: serial(),
  people: [{ id: serial(), name: 'Somebody New', emails: [`${serial()}@larkfield.example`] }],
  complete: false,
})

export const ROUTE_CASES: Readonly<Record<string, RouteCase>> = {
  listPrincipals: { ask: empty },
  registerPrincipal: {
    entry: 'principal.registered',
    ask: async () => ({ body: { kind: 'workload', system: 'aws', name: serial() } }),
  },
  getPrincipal: { by: 'olga', ask: of(principal, 'principalId') },
  getPrincipalHistory: { by: 'olga', ask: of(principal, 'principalId') },
  listOrphans: { ask: empty },
  classifyPrincipal: { entry: 'principal.classified', ask: onPrincipal({ environment: 'production' }) },
  setPurpose: { by: 'olga', entry: 'principal.purpose_set', ask: onPrincipal({ purpose: 'another' }) },
  setExpiry: { entry: 'principal.expiry_set', ask: onPrincipal({ expiresAt: '2026-12-01' }) },
  setNextReview: { entry: 'principal.review_set', ask: onPrincipal({ nextReviewAt: '2026-08-01' }) },
  setVendor: { entry: 'principal.vendor_set', ask: onPrincipal(async (world) => ({ vendorId: await vendor(world) })) },
  setWorkloadScope: { entry: 'principal.workload_set', ask: onPrincipal({ workloadScope: 'k8s://a/b' }) },
  assignOwner: {
    entry: 'principal.owner_assigned',
    ask: onPrincipal({ owner: petra }, async (world) => principal(world, { owner: undefined })),
  },
  registerDiscovered: { entry: 'principal.registered', ask: onPrincipal({}, discovered) },
  activatePrincipal: { entry: 'principal.activated', ask: onPrincipal({}) },
  attestPrincipal: { by: 'olga', entry: 'principal.attested', ask: onPrincipal({ because: 'it deploys' }) },
  recordException: {
    entry: 'principal.exception_recorded',
    ask: onPrincipal({ ...because, until: '2026-05-01' }, purposeless),
  },
  endException: {
    entry: 'principal.exception_ended',
    ask: onPrincipal({}, async (world) =>
      after(world, await purposeless(world), 'exception', { ...because, until: '2026-05-01' }),
    ),
  },
  quarantinePrincipal: { by: 'olga', entry: 'principal.quarantined', ask: onPrincipal(because) },
  restorePrincipal: { entry: 'principal.restored', ask: onPrincipal(because, quarantined) },
  retirePrincipal: { entry: 'principal.retired', ask: onPrincipal(because, quarantined) },
  challengeBinding: { by: 'olga', ask: onPrincipal({}) },
  proveBinding: {
    by: 'olga',
    entry: 'principal.binding_proved',
    ask: onPrincipal({ proof: { how: 'assertion', reason: 'I made it' } }),
  },
  listAccounts: { by: 'olga', ask: of(principal, 'principalId') },
  listEntitlements: { by: 'olga', ask: of(principal, 'principalId') },
  addBackup: { by: 'olga', entry: 'principal.backup_added', ask: onPrincipal({ backup: petra }) },
  removeBackup: {
    by: 'olga',
    entry: 'principal.backup_removed',
    ask: onPrincipal({ backup: petra }, async (world) => principal(world, { backup: petra })),
  },
  setCustodians: {
    by: 'olga',
    entry: 'principal.custodians_set',
    ask: onPrincipal(async (world) => ({ custodians: [{ consumerId: await principal(world), party: petra }] })),
  },
  offerOwnership: { by: 'olga', entry: 'offer.made', ask: onPrincipal({ to: petra, why: 'she runs it' }) },
  listOffers: { by: 'petra', ask: empty },
  getOffer: { by: 'petra', ask: of(offer, 'offerId') },
  acceptOffer: { by: 'petra', entry: 'principal.owner_changed', ask: of(offer, 'offerId', () => ({ body: {} })) },
  declineOffer: { by: 'petra', entry: 'offer.declined', ask: of(offer, 'offerId', () => ({ body: because })) },
  withdrawOffer: { by: 'olga', entry: 'offer.withdrawn', ask: of(offer, 'offerId', () => ({ body: because })) },
  listCredentials: { by: 'olga', ask: empty },
  getCredential: { by: 'olga', ask: of(credential, 'credentialId') },
  getCredentialHistory: { by: 'olga', ask: of(credential, 'credentialId') },
  getExposedTo: { by: 'olga', ask: of(credential, 'credentialId') },
  listExposures: { by: 'olga', ask: empty },
  recordCredential: {
    entry: 'credential.recorded',
    ask: async (world) => ({ body: { type: 'password', principalId: await principal(world) } }),
  },
  recordRotation: { entry: 'credential.rotated', ask: onCredential({}) },
  recordLeak: { entry: 'credential.leaked', ask: onCredential({ where: 'a ticket' }) },
  recordRevocation: { entry: 'credential.revoked', ask: onCredential(because) },
  setRotationExpectation: { entry: 'credential.rotation_expected', ask: onCredential({ rotateWithinDays: 30 }) },
  recordExposure: {
    entry: 'exposure.recorded',
    ask: async (world) => ({
      body: { personId: personOf('olga'), credentialId: await credential(world), how: 'saw', at: '2026-02-01' },
    }),
  },
  listPeople: { by: 'olga', ask: empty },
  getPerson: { by: 'olga', ask: async () => ({ path: { personId: personOf('olga') } }) },
  getPersonHistory: { by: 'olga', ask: async () => ({ path: { personId: personOf('olga') } }) },
  getKnownCredentials: { by: 'otto', ask: async () => ({ path: { personId: personOf('olga') } }) },
  listTeams: { by: 'olga', ask: empty },
  getTeam: {
    ask: async (world) => {
      const name = serial()
      await world.api.roll.addTeam(name)
      return { path: { teamId: teamOf(name) } }
    },
  },
  listEffectiveRights: { by: 'olga', ask: async (world) => ({ query: `?principalId=${await principal(world)}` }) },
  listReach: { by: 'olga', ask: async (world) => ({ query: `?principalId=${await principal(world)}` }) },
  listWhoCan: {
    by: 'olga',
    ask: async () => ({ query: '?action=pg:SELECT&resource=pg://main/shop/public.orders' }),
  },
  streamEntitlements: {
    by: 'otto',
    ask: async () => ({ query: '?action=pg:SELECT&resource=pg://main/shop/public.orders' }),
  },
  listStandingAccess: { by: 'olga', ask: empty },
  listAccessRequests: { by: 'olga', ask: empty },
  requestAccess: {
    by: 'olga',
    entry: 'access_request.made',
    ask: async (world) => ({ body: { principalId: await principal(world), ...right } }),
  },
  submitAccessRequest: {
    by: 'olga',
    entry: 'access_request.made',
    ask: async (world) => ({ body: await deniedRight(world) }),
  },
  getAccessRequestTask: { by: 'olga', ask: of(accessRequest, 'taskId') },
  cancelAccessRequestTask: {
    by: 'olga',
    entry: 'access_request.withdrawn',
    ask: of(accessRequest, 'taskId', () => ({ body: {} })),
  },
  getAccessRequest: { by: 'olga', ask: of(accessRequest, 'requestId') },
  decideAccessRequest: {
    by: 'petra',
    entry: 'access_request.granted',
    ask: of(accessRequest, 'requestId', () => ({ body: { verdict: 'approve', reason: 'a test' } })),
  },
  withdrawAccessRequest: {
    by: 'olga',
    entry: 'access_request.withdrawn',
    ask: of(accessRequest, 'requestId', () => ({ body: {} })),
  },
  listGrants: { by: 'olga', ask: empty },
  getGrant: { by: 'olga', ask: of(grant, 'grantId') },
  endGrant: { by: 'olga', entry: 'grant.ended', ask: of(grant, 'grantId', () => ({ body: { because: 'done' } })) },
  narrowGrant: {
    by: 'olga',
    entry: 'grant.narrowed',
    ask: of(grant, 'grantId', () => ({ body: { resources: ['pg://main/shop/public.*'], because: 'less will do' } })),
  },
  listBreakGlass: { by: 'petra', ask: empty },
  reviewBreakGlass: {
    by: 'petra',
    entry: 'break_glass.reviewed',
    ask: of(
      (world) => brokenGlass(world, serial()),
      'breakGlassId',
      () => ({ body: { verdict: 'justified', reason: 'a test' } }),
    ),
  },
  ...POLICY_CASES,
  ...EFFECT_CASES,
  applyPeopleFeed: { entry: 'person.joined', ask: async () => ({ body: feed() }) },
  previewPeopleFeed: { ask: async () => ({ body: feed() }) },
  listVendors: { ask: empty },
  registerVendor: { entry: 'vendor.registered', ask: async () => ({ body: { name: serial() } }) },
  getVendor: { ask: of(vendor, 'vendorId') },
  changeVendor: {
    entry: 'vendor.changed',
    ask: of(vendor, 'vendorId', () => ({ body: { contact: 'a desk' }, headers: anyVersion })),
  },
  previewVendorOffboarding: { by: 'otto', ask: of(vendor, 'vendorId') },
  offboardVendor: {
    entry: 'vendor.offboarded',
    ask: async (world) => {
      const vendorId = await vendor(world)
      const { body } = await world.api.ask('GET', `/v1/vendors/${vendorId}/offboarding`, { token: world.tokens.ada })
      return { path: { vendorId }, body: { hash: body.hash, ...because } }
    },
  },
  previewWorkloadRemoval: {
    by: 'otto',
    ask: async (world) => ({ query: `?principalId=${await principal(world, { kind: 'workload' })}` }),
  },
  removeWorkload: {
    entry: 'principal.quarantined',
    ask: async (world) => {
      const principalId = await principal(world, { kind: 'workload' })
      const { body } = await world.api.ask('GET', `/v1/workload-removal?principalId=${principalId}`, {
        token: world.tokens.ada,
      })
      return { body: { principalId, hash: body.hash, ...because } }
    },
  },
  listIdentityRequests: { by: 'olga', ask: empty },
  requestIdentity: {
    by: 'olga',
    entry: 'identity.requested',
    ask: async () => ({
      body: {
        kind: 'workload',
        system: 'aws',
        name: serial(),
        owner: olga,
        purpose: 'a test',
        expiresAt: '2026-09-01',
      },
    }),
  },
  getIdentityRequest: { by: 'petra', ask: of(request, 'requestId') },
  decideIdentityRequest: {
    by: 'petra',
    entry: 'identity.request_approved',
    ask: of(request, 'requestId', () => ({ body: { decision: 'approve', ...because } })),
  },
  withdrawIdentityRequest: {
    by: 'olga',
    entry: 'identity.request_withdrawn',
    ask: of(request, 'requestId', () => ({ body: {} })),
  },
  listMatches: { ask: empty },
  getMatch: { ask: of(match, 'matchId') },
  confirmMatch: { entry: 'match.confirmed', ask: of(match, 'matchId', () => ({ body: {} })) },
  rejectMatch: { entry: 'match.rejected', ask: of(match, 'matchId', () => ({ body: {} })) },
  undoMatch: {
    entry: 'match.undone',
    ask: of(
      async (world) => {
        const matchId = await match(world)
        await made(world, `/v1/matches/${matchId}/confirm`, {})
        return matchId
      },
      'matchId',
      () => ({ body: {} }),
    ),
  },
  listConnections: { by: 'otto', ask: empty },
  getConnection: { by: 'otto', ask: of(connection, 'connectionId') },
  previewConnectionRemoval: { by: 'otto', ask: of(connection, 'connectionId') },
  listRuns: { by: 'otto', ask: empty },
  getRun: {
    by: 'otto',
    ask: of(
      async (world) => (await runConnection(world.connections, testAct(world), await connection(world))).id,
      'runId',
    ),
  },
  createConnection: {
    by: 'kim',
    entry: 'connection.created',
    ask: async ({ folder }) => ({ body: { name: serial(), type: 'files', settings: { path: folder } } }),
  },
  testNewConnection: {
    by: 'kim',
    ask: async ({ folder }) => ({ body: { type: 'files', settings: { path: folder } } }),
  },
  updateConnection: {
    by: 'kim',
    entry: 'connection.changed',
    ask: of(connection, 'connectionId', () => ({ body: { name: serial() }, headers: anyVersion })),
  },
  testConnection: { by: 'kim', ask: of(connection, 'connectionId') },
  runConnection: {
    by: 'kim',
    entry: 'connection.run_queued',
    ask: of(connection, 'connectionId', () => ({ body: {} })),
  },
  pauseConnection: { by: 'kim', entry: 'connection.paused', ask: of(connection, 'connectionId', () => ({ body: {} })) },
  resumeConnection: {
    by: 'kim',
    entry: 'connection.resumed',
    ask: of(
      async (world) => {
        const connectionId = await connection(world)
        await made(world, `/v1/connections/${connectionId}/pause`, {})
        return connectionId
      },
      'connectionId',
      () => ({ body: {} }),
    ),
  },
  removeConnection: {
    by: 'kim',
    entry: 'connection.removed',
    ask: of(connection, 'connectionId', () => ({ body: {}, headers: anyVersion })),
  },
  listEntries: { by: 'otto', ask: empty },
  getEntryChain: {
    by: 'otto',
    ask: async ({ api }) => {
      await sequenceOnce(api.doors.evidence, api.roll.now())
      const [entry] = await listEntries(api.doors.evidence, { limit: 1 })
      return { path: { entryId: entry?.id ?? '' } }
    },
  },
  assessControls: { by: 'otto', ask: empty },
  listOcsfEvents: { by: 'otto', ask: empty },
  listTokens: { by: 'olga', ask: empty },
  createToken: {
    by: 'olga',
    entry: 'token.created',
    ask: async () => ({ body: { label: serial(), scopes: ['read'] } }),
  },
  getToken: { by: 'olga', ask: of(token, 'tokenId') },
  revokeToken: { by: 'olga', entry: 'token.revoked', ask: of(token, 'tokenId', () => ({ body: {} })) },
  listRoles: { by: 'otto', ask: empty },
  assignRole: {
    by: 'kim',
    entry: 'role.assigned',
    ask: async (world) => {
      const name = serial()
      await world.api.roll.addPerson(name)
      return { body: { subjectId: personOf(name), role: 'reviewer', ...because } }
    },
  },
  endRole: {
    by: 'kim',
    entry: 'role.ended',
    ask: of(
      (world) => assignment(world, serial()),
      'assignmentId',
      () => ({ body: because }),
    ),
  },
  createFirstAdministrators: {
    by: 'bootstrap',
    entry: 'token.created',
    ask: async () => ({
      body: { administrators: [{ name: 'First', email: `${serial()}@larkfield.example`, roles: ['auditor'] }] },
    }),
  },
  getMe: { by: 'olga', ask: empty },
}
