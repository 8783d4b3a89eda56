// Permissions of apps and fine-grained tokens as entitlements, each with the level that it amounts to.
import { githubAction, githubResource } from '#kernel'
import type { EntitlementFact, Provenance, Ref } from '#kernel'

/** Write access to these lets the holder give itself or others any right in the repository or organisation. */
const GIVES_ALL: Readonly<Record<string, string>> = {
  organization_administration: 'changes the settings of the organisation',
  administration: 'changes the settings, keys and collaborators of its repositories',
  members: 'adds members and teams to the organisation',
  organization_custom_roles: 'defines roles of the organisation',
  organization_custom_org_roles: 'defines roles of the organisation',
}

export function* permissionFacts(
  principal: Ref,
  permissions: Readonly<Record<string, string>>,
  reach: string,
  via: string,
  provenance: Provenance,
): Generator<EntitlementFact> {
  for (const [name, word] of Object.entries(permissions)) {
    if (word !== 'read' && word !== 'write' && word !== 'admin') continue
    const power = word === 'read' ? undefined : GIVES_ALL[name]
    const level = word === 'read' ? 'read' : word === 'admin' || power !== undefined ? 'admin' : 'write'
    yield {
      type: 'entitlement',
      principal,
      system: 'github',
      permission: `${name}: ${word}`,
      actions: [githubAction(name, word)],
      resources: [githubResource(reach)],
      level,
      reason: power === undefined ? `is given \`${name}: ${word}\`` : `\`${name}: ${word}\` ${power}`,
      via,
      provenance,
    }
  }
}

/** `github://acme/*` when every repository is open to it, else the ones that somebody selected, which are not listed. */
export function reachOf(account: string, selection: string | undefined): string {
  const owner = account === '' ? '<unknown>' : account
  if (owner.includes('/')) return owner
  return selection === 'all' ? `${owner}/*` : `${owner}/<selected>`
}
