// Credentials as records, and who knew them.
import { z } from 'zod'
import { CREDENTIAL_TYPES } from '#kernel'
import type { CredentialType, Ref } from '#kernel'
import {
  CREDENTIAL_STATES,
  exposedTo,
  EXPOSURES,
  getCredential,
  history,
  listCredentials,
  listExposures,
  recordCredential,
  recordExposure,
  recordLeak,
  recordRevocation,
  recordRotation,
  setRotationExpectation,
} from '#identity/roll'
import { endpoint } from '../endpoint.ts'
import type { AnyEndpoint } from '../endpoint.ts'
import { Credential, CredentialPage, ExposedTo, ExposurePage, Rotated } from '../form/credential.ts'
import { flag, id, instantSent, PAGE_QUERY, pageRequest, present, reason, TIMES } from '../form/fields.ts'
import { lines, text } from '../form/plain-text.ts'
import { VersionPage } from '../form/principal.ts'
import { ADMIN, WHY } from './principal-facts.ts'

const TYPES = Object.keys(CREDENTIAL_TYPES) as [CredentialType, ...CredentialType[]]
const CREDENTIAL_PATH = z.strictObject({ credentialId: id('credential') })
const FINGERPRINTS = z
  .array(z.strictObject({ keyId: text(100), value: z.string().regex(/^[0-9a-f]{64}$/) }))
  .max(10)
  .optional()
  .describe('HMAC-SHA-256 of the value under the fingerprint key; never the value, never a plain hash')
const FIELDS = {
  name: text(500).optional(),
  refs: z.array(text(2048)).max(100).optional(),
  fingerprints: FINGERPRINTS,
  createdAtSource: instantSent.optional(),
  expiresAt: instantSent.optional(),
  rotateWithinDays: z.int().min(1).max(3650).optional(),
}
const refsIn = (refs: readonly string[] | undefined): { refs?: Ref[] } =>
  refs === undefined ? {} : { refs: refs as Ref[] }

const READS: AnyEndpoint[] = [
  endpoint({
    method: 'GET',
    path: '/v1/credentials',
    operationId: 'listCredentials',
    tag: 'credentials',
    summary: 'List credentials',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({
      principal: id('principal').optional().describe('its own and those that it shares'),
      type: z.enum(TYPES).optional(),
      state: z.enum(CREDENTIAL_STATES).optional(),
      expiringBefore: instantSent.optional(),
      gone: flag.optional(),
      ...PAGE_QUERY,
    }),
    answer: CredentialPage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, total, ...filter } = query
      return await listCredentials(
        doors.identity,
        caller.viewer,
        present(filter),
        pageRequest({ limit, cursor, total }),
      )
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/credentials/{credentialId}',
    operationId: 'getCredential',
    tag: 'credentials',
    summary: 'Read one credential, as it is or as it was',
    who: { anyone: true },
    scope: 'read',
    params: CREDENTIAL_PATH,
    query: z.strictObject(TIMES),
    answer: Credential,
    versioned: 'read',
    handle: async ({ doors, caller, params, query }) =>
      await getCredential(doors.identity, caller.viewer, params.credentialId, present(query)),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/credentials/{credentialId}/history',
    operationId: 'getCredentialHistory',
    tag: 'credentials',
    summary: 'Every version of one credential',
    who: { anyone: true },
    scope: 'read',
    params: CREDENTIAL_PATH,
    query: z.strictObject(PAGE_QUERY),
    answer: VersionPage,
    handle: async ({ doors, caller, params, query }) =>
      await history(doors.identity, caller.viewer, params.credentialId, pageRequest(query)),
  }),
  endpoint({
    method: 'GET',
    path: '/v1/credentials/{credentialId}/exposures',
    operationId: 'getExposedTo',
    tag: 'credentials',
    summary: 'Who created, held or saw it, and whether that list is complete',
    who: { anyone: true },
    scope: 'read',
    params: CREDENTIAL_PATH,
    query: z.strictObject({ until: instantSent.optional() }),
    answer: ExposedTo,
    handle: async ({ doors, caller, params, query }) => {
      await getCredential(doors.identity, caller.viewer, params.credentialId)
      return await exposedTo(doors.identity, params.credentialId, query.until)
    },
  }),
  endpoint({
    method: 'GET',
    path: '/v1/exposures',
    operationId: 'listExposures',
    tag: 'credentials',
    summary: 'List who knew which credential',
    who: { anyone: true },
    scope: 'read',
    query: z.strictObject({
      person: id('person').optional(),
      credential: id('credential').optional(),
      how: z.enum(EXPOSURES).optional(),
      ...PAGE_QUERY,
    }),
    answer: ExposurePage,
    handle: async ({ doors, caller, query }) => {
      const { limit, cursor, total, ...filter } = query
      return await listExposures(doors.identity, caller.viewer, present(filter), pageRequest({ limit, cursor, total }))
    },
  }),
]

const change = {
  method: 'POST',
  tag: 'credentials',
  who: ADMIN,
  scope: 'write',
  params: CREDENTIAL_PATH,
  versioned: 'update',
  refuses: ['idempotency_reused'],
} as const

const CHANGES: AnyEndpoint[] = [
  endpoint({
    method: 'POST',
    path: '/v1/credentials',
    operationId: 'recordCredential',
    tag: 'credentials',
    summary: 'Record a credential that no source has shown',
    who: ADMIN,
    scope: 'write',
    body: z
      .strictObject({
        type: z.enum(TYPES),
        principalId: id('principal'),
        consumers: z.array(id('principal')).max(1000).optional(),
        ...FIELDS,
        ...WHY,
      })
      .meta({ id: 'NewCredential' }),
    answer: Credential,
    status: 201,
    versioned: 'read',
    refuses: ['not_found', 'idempotency_reused'],
    handle: async ({ doors, caller, body, act }) => {
      const { reason: why, refs, ...input } = body
      const given = { ...present(input), ...refsIn(refs), source: caller.actor.id }
      return await recordCredential(doors.identity, act(why), given)
    },
  }),
  endpoint({
    ...change,
    path: '/v1/credentials/{credentialId}/rotate',
    operationId: 'recordRotation',
    summary: 'Record that it was rotated: a new value, or another credential in its place',
    body: z
      .strictObject({
        rotatedAt: instantSent.optional(),
        fingerprints: FINGERPRINTS,
        expiresAt: instantSent.optional(),
        replacement: z.strictObject(FIELDS).optional().describe('where another credential took its place'),
        ...WHY,
      })
      .meta({ id: 'Rotation' }),
    answer: Rotated,
    handle: async ({ doors, caller, params, body, act, expectedVersion }) => {
      const { reason: why, replacement, ...told } = body
      const rotated = await recordRotation(doors.identity, act(why), {
        id: params.credentialId,
        ...present({ ...told, expectedVersion }),
        ...(replacement === undefined
          ? {}
          : {
              replacement: {
                ...present({ ...replacement, refs: undefined }),
                ...refsIn(replacement.refs),
                source: caller.actor.id,
              },
            }),
      })
      return { ...rotated.credential, ...present({ replacement: rotated.replacement }) }
    },
  }),
  endpoint({
    ...change,
    path: '/v1/credentials/{credentialId}/leak',
    operationId: 'recordLeak',
    summary: 'Record that its secret is where it must not be',
    body: z.strictObject({ where: lines(2000).describe('a place; never the value'), ...WHY }).meta({ id: 'Leak' }),
    answer: Credential,
    handle: async ({ doors, params, body, act, expectedVersion }) =>
      await recordLeak(doors.identity, act(body.reason), {
        id: params.credentialId,
        where: body.where,
        ...present({ expectedVersion }),
      }),
  }),
  endpoint({
    ...change,
    path: '/v1/credentials/{credentialId}/revoke',
    operationId: 'recordRevocation',
    summary: 'Record that it was revoked',
    description: 'A statement of the roll: `effect` says whether a probe was refused at the target.',
    body: z.strictObject({ reason }).meta({ id: 'Reason' }),
    answer: Credential,
    handle: async ({ doors, params, body, act, expectedVersion }) =>
      await recordRevocation(doors.identity, act(body.reason), {
        id: params.credentialId,
        ...body,
        ...present({ expectedVersion }),
      }),
  }),
  endpoint({
    ...change,
    path: '/v1/credentials/{credentialId}/rotation-expectation',
    operationId: 'setRotationExpectation',
    summary: 'Set after how many days it should have been rotated',
    body: z.strictObject({ rotateWithinDays: z.int().min(1).max(3650), ...WHY }).meta({ id: 'RotationExpectation' }),
    answer: Credential,
    handle: async ({ doors, params, body, act, expectedVersion }) =>
      await setRotationExpectation(doors.identity, act(body.reason), {
        id: params.credentialId,
        rotateWithinDays: body.rotateWithinDays,
        ...present({ expectedVersion }),
      }),
  }),
  endpoint({
    method: 'POST',
    path: '/v1/exposures',
    operationId: 'recordExposure',
    tag: 'credentials',
    summary: 'Record that a person created, held or saw a credential',
    who: ADMIN,
    scope: 'write',
    body: z
      .strictObject({
        personId: id('person'),
        credentialId: id('credential'),
        how: z.enum(EXPOSURES),
        at: instantSent,
        ...WHY,
      })
      .meta({ id: 'NewExposure' }),
    answer: z
      .object({ recorded: z.boolean().describe('false where it was known already') })
      .meta({ id: 'ExposureRecorded' }),
    refuses: ['not_found', 'idempotency_reused'],
    handle: async ({ doors, caller, body, act }) => {
      const { reason: why, ...exposure } = body
      return await recordExposure(doors.identity, act(why), { ...exposure, source: caller.actor.id })
    },
  }),
]

export const CREDENTIALS: readonly AnyEndpoint[] = [...READS, ...CHANGES]
