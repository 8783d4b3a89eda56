// One spelling for actions and resources; granted-against-used and decisions all join on it.

/** `aws:s3:GetObject`; AWS compares action names without case, so the catalogue's spelling is kept for display only. */
export const awsAction = (action: string): string => (action === '*' ? 'aws:*' : `aws:${action}`)

/** `k8s:get`; the API group and resource stand in the resource name. */
export const kubernetesAction = (verb: string): string => `k8s:${verb}`

/**
 * `k8s://cluster/namespace/kind/name`: kind is `resource.group` (`deployments.apps`, `pods` in the core group), each
 * part `*` when it stands for all; cluster-scoped objects have the empty namespace.
 */
export function kubernetesResource(cluster: string, namespace: string, kind: string, name: string): string {
  return `k8s://${cluster}/${namespace}/${kind}/${name}`
}

/** `deployments.apps`, `pods`, and with a subresource after a colon `pods:exec`, `deployments:scale.apps`. */
export function kubernetesKind(resource: string, group: string): string {
  const named = resource.replace('/', ':')
  if (group === '' || (named === '*' && group === '*')) return named
  return `${named}.${group}`
}

/** `github:contents:write` */
export const githubAction = (permission: string, level: string): string => `github:${permission}:${level}`
/** `github://owner/repo` */
export const githubResource = (ownerAndRepo: string): string => `github://${ownerAndRepo}`

/** `mcp://server/tool` */
export const mcpResource = (server: string, tool = '*'): string => `mcp://${server}/${tool}`

/** `entra:Mail.Read` on `entra://resourceApp` */
export const entraAction = (permission: string): string => `entra:${permission}`
export const entraResource = (resourceApp: string): string => `entra://${resourceApp}`

/** `host:sudo` on `host://name/command` */
export const hostAction = (act: string): string => `host:${act}`
export const hostResource = (host: string, thing: string): string => `host://${host}/${thing}`

/** `ldap:member` on `ldap://dn` */
export const directoryResource = (dn: string): string => `ldap://${dn}`

/** `pg:SELECT` on `pg://cluster/database/schema.table`; a role is `pg://cluster/role/name`. */
export const postgresqlResource = (cluster: string, ...path: readonly string[]): string =>
  `pg://${cluster}/${path.join('/')}`

export { awsActionsOf, awsServices } from './aws-actions.ts'
export type { AwsActionLevel, AwsCatalogueAction } from './aws-actions.ts'
export { levelOfAction } from './action-level.ts'
export type { ActionLevel } from './action-level.ts'
