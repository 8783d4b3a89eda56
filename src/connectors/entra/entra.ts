// Entra ID through Microsoft Graph's JSON: applications, service principals, their secrets, and what they were granted.
import type { Observation, Provenance } from '#kernel'
import type { Connector, UntrustedFile } from '../port.ts'
import { application, servicePrincipal } from './application.ts'
import { appRoleAssignment, delegatedGrant } from './grant.ts'
import { isRecord, text, visitObjects } from './graph-object.ts'
import type { GraphRecord } from './graph-object.ts'
import { ownersOf } from './owners.ts'

const MARKS =
  /"(?:servicePrincipalType|passwordCredentials|appOwnerOrganizationId|appRoleId|consentType|requiredResourceAccess|publisherDomain|secretText)"|graph\.microsoft\.com/

type Shape = 'application' | 'servicePrincipal' | 'appRoleAssignment' | 'delegatedGrant' | 'lonePassword'

/** Graph says what an object is by its type annotation or its members; a `$select` may have left any of them out. */
function shapeOf(record: GraphRecord): Shape | undefined {
  const type = text(record, '@odata.type')
  if (type === '#microsoft.graph.servicePrincipal') return 'servicePrincipal'
  if (type === '#microsoft.graph.application') return 'application'
  const has = (key: string): boolean => Object.hasOwn(record, key)
  if (has('appRoleId') && has('principalId') && has('resourceId')) return 'appRoleAssignment'
  if (has('clientId') && has('consentType') && has('resourceId')) return 'delegatedGrant'
  if (has('servicePrincipalType') || (has('accountEnabled') && has('appOwnerOrganizationId'))) return 'servicePrincipal'
  if (has('appOwnerOrganizationId') && has('appRoleAssignmentRequired')) return 'servicePrincipal'
  const applicationMarks = ['publisherDomain', 'requiredResourceAccess', 'signInAudience', 'passwordCredentials']
  if (has('appId') && applicationMarks.some(has)) return 'application'
  if (has('secretText') && has('keyId')) return 'lonePassword'
  return undefined
}

export const entra: Connector = {
  id: 'entra',
  title: 'Microsoft Entra ID',
  reads: 'Microsoft Graph JSON: applications, servicePrincipals, appRoleAssignments, oauth2PermissionGrants, owners',
  verbs: ['discover'],
  blindSpots: [
    'directory roles, Azure role assignments and conditional access that were not exported',
    'what a permission of an application other than Microsoft Graph allows',
  ],
  // the marks are looked for in what opens as JSON only: most text does not, and this is asked of every file
  accepts: (file) => !file.binary && /^\s*(?:\/[/*]|[[{])/.test(file.text()) && MARKS.test(file.text()),
  *discover(file, context): Generator<Observation> {
    const tenants = tenantsOf(file)
    for (const document of file.json() ?? []) {
      for (const { record, context: odata, pointer } of visitObjects(
        document,
        (object) => shapeOf(object) !== undefined,
      )) {
        const startLine = document.line(record)
        const endLine = document.endLine(record)
        const provenance: Provenance = {
          connector: 'entra',
          file: file.path,
          object: pointer,
          ...(startLine === undefined ? {} : { startLine }),
          ...(endLine === undefined ? {} : { endLine }),
        }
        yield* ownersOf(record, odata, provenance)
        const shape = shapeOf(record)
        const place = { document, provenance, context, tenants }
        if (shape === 'application') yield* application(record, place)
        else if (shape === 'servicePrincipal') yield* servicePrincipal(record, place)
        else if (shape === 'appRoleAssignment') yield* appRoleAssignment(record, provenance)
        else if (shape === 'delegatedGrant') yield* delegatedGrant(record, provenance)
        else if (shape === 'lonePassword') {
          yield* application({ passwordCredentials: [record], ...subjectOfContext(odata) }, place)
        }
      }
    }
  },
}

/** `…#servicePrincipals('ID')/addPassword` names whose password it is; otherwise nobody's. */
function subjectOfContext(context: string | undefined): GraphRecord {
  const id = /applications\('([^']+)'\)/.exec(context ?? '')?.[1]
  return id === undefined ? {} : { id }
}

/** Ids of `organization` objects in the same file: they tell first party from third. */
function tenantsOf(file: UntrustedFile): ReadonlySet<string> {
  const tenants = new Set<string>()
  for (const document of file.json() ?? []) {
    for (const { record, context } of visitObjects(document, () => false)) {
      const organisation =
        isRecord(record) && (context?.includes('#organization') ?? false) && Object.hasOwn(record, 'verifiedDomains')
      const typed = text(record, '@odata.type') === '#microsoft.graph.organization'
      const id = text(record, 'id')
      if ((organisation || typed) && id !== undefined) tenants.add(id)
    }
  }
  return tenants
}
