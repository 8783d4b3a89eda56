// GitHub resources in state: deploy keys, CI secrets by name, people and what they may do.
import { credentialRef, githubAction, githubResource, ref } from '#kernel'
import type { EntitlementFact, Observation, PrincipalFact, Provenance, Ref } from '#kernel'
import { readSshPublicKey } from '../ssh-public-key.ts'
import { attribute, instantOf, placeIn } from './reading.ts'
import type { Reading, ReadResource } from './reading.ts'
import type { StateResource } from './state.ts'

function user(login: string, provenance: Provenance): PrincipalFact {
  const bot = login.endsWith('[bot]')
  return {
    type: 'principal',
    ref: ref('github', `user/${login}`),
    kind: bot ? 'oauth_app' : 'human',
    nativeType: bot ? 'bot' : 'user',
    system: 'github',
    externalId: login,
    name: login,
    mentioned: true,
    provenance,
  }
}

/** The state names a repository without its owner, unless the provider wrote the full name. */
const repositoryOf = (resource: StateResource): string | undefined =>
  attribute(resource, 'full_name') ?? attribute(resource, 'repository')

const repository: ReadResource = function* (resource, reading) {
  const name = attribute(resource, 'full_name')
  if (name === undefined) return
  const visibility = attribute(resource, 'visibility')
  yield {
    type: 'resource',
    ref: ref('github', `repository/${name}`),
    resourceType: 'github-repository',
    name,
    attributes: visibility === undefined ? {} : { visibility },
    provenance: placeIn(reading, resource),
  }
}

const deployKey: ReadResource = function* (resource, reading) {
  const body = (attribute(resource, 'key') ?? '').trim().split(/\s+/)[1]
  const key = body === undefined ? undefined : readSshPublicKey(Buffer.from(body, 'base64'))
  const repositoryName = repositoryOf(resource)
  yield {
    type: 'credential',
    ...(key === undefined ? {} : { ref: credentialRef.sshKey(key.fingerprint) }),
    ...(key?.spkiSha256 === undefined ? {} : { aliases: [credentialRef.publicKey(key.spkiSha256)] }),
    credentialType: 'deploy_key',
    exposure: 'record',
    name: attribute(resource, 'title') ?? resource.address,
    attributes: {
      readOnly: attribute(resource, 'read_only') !== 'false',
      ...(repositoryName === undefined ? {} : { repository: repositoryName }),
      ...(key === undefined ? {} : { keyType: key.keyType, keyBits: key.keyBits }),
    },
    provenance: placeIn(reading, resource),
  }
}

/** That a secret is there, and since when; a plain value in state is found as every other one. */
const actionsSecret: ReadResource = function* (resource, reading) {
  const name = attribute(resource, 'secret_name')
  if (name === undefined) return
  const [createdAt, updatedAt] = [instantOf(resource, 'created_at'), instantOf(resource, 'updated_at')]
  const repositoryName = repositoryOf(resource)
  const whole = repositoryName?.includes('/') === true
  yield {
    type: 'credential',
    ...(whole ? { ref: credentialRef.githubSecret(name, repositoryName) } : {}),
    credentialType: 'ci_secret',
    exposure: 'record',
    name,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { lastRotatedAt: updatedAt }),
    attributes: repositoryName === undefined ? {} : { repository: repositoryName },
    provenance: placeIn(reading, resource),
  }
}

const membership: ReadResource = function* (resource, reading) {
  const login = attribute(resource, 'username')
  if (login === undefined) return
  const provenance = placeIn(reading, resource)
  yield user(login, provenance)
  const organisation = (attribute(resource, 'id') ?? '').split(':')[0] ?? ''
  const role = attribute(resource, 'role') ?? 'member'
  yield entitlement(ref('github', `user/${login}`), `organisation ${role}`, role, organisation, provenance)
}

const collaborator: ReadResource = function* (resource, reading) {
  const login = attribute(resource, 'username')
  const repositoryName = repositoryOf(resource)
  if (login === undefined || repositoryName === undefined) return
  const provenance = placeIn(reading, resource)
  yield user(login, provenance)
  const permission = attribute(resource, 'permission') ?? 'push'
  yield entitlement(ref('github', `user/${login}`), permission, permission, repositoryName, provenance)
}

const teamRef = (reading: Reading, id: string): Ref => ref('github', `team/${id}`, reading.file.path)

function teamFact(reading: Reading, id: string, resource: StateResource, mentioned: boolean): PrincipalFact {
  const slug = mentioned ? undefined : (attribute(resource, 'slug') ?? attribute(resource, 'name'))
  return {
    type: 'principal',
    ref: teamRef(reading, id),
    kind: 'group',
    nativeType: 'team',
    system: 'github',
    externalId: slug ?? id,
    name: slug ?? id,
    ...(mentioned ? { mentioned: true } : {}),
    provenance: placeIn(reading, resource),
  }
}

const team: ReadResource = function* (resource, reading) {
  const id = attribute(resource, 'id')
  if (id !== undefined) yield teamFact(reading, id, resource, false)
}

const teamMembership: ReadResource = function* (resource, reading): Generator<Observation> {
  const [login, id] = [attribute(resource, 'username'), attribute(resource, 'team_id')]
  if (login === undefined || id === undefined) return
  const provenance = placeIn(reading, resource)
  yield user(login, provenance)
  yield teamFact(reading, id, resource, true)
  yield { type: 'membership', member: ref('github', `user/${login}`), group: teamRef(reading, id), provenance }
}

function entitlement(
  principal: Ref,
  permission: string,
  role: string,
  on: string,
  provenance: Provenance,
): EntitlementFact {
  const level = role === 'admin' ? 'admin' : /^(?:push|maintain|write)$/.test(role) ? 'write' : 'read'
  return {
    type: 'entitlement',
    principal,
    system: 'github',
    permission,
    actions: [githubAction('contents', level)],
    resources: [githubResource(on.includes('/') ? on : `${on}/*`)],
    level,
    provenance,
  }
}

export const GITHUB_RESOURCES: Readonly<Record<string, ReadResource>> = {
  github_repository: repository,
  github_repository_deploy_key: deployKey,
  github_actions_secret: actionsSecret,
  github_actions_organization_secret: actionsSecret,
  github_actions_environment_secret: actionsSecret,
  github_dependabot_secret: actionsSecret,
  github_membership: membership,
  github_repository_collaborator: collaborator,
  github_team: team,
  github_team_membership: teamMembership,
}
