// NHI5: an installed app may change the whole organisation, or every repository of it.
import { recordOf, wordOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'

/** Write access to these, and the app decides who may do what in the organisation. */
const ORGANISATION = [
  'organization_administration',
  'members',
  'organization_custom_roles',
  'organization_custom_org_roles',
  'organization_secrets',
  'organization_self_hosted_runners',
  'organization_hooks',
]
/** Write access to these in every repository reaches the code, its secrets or what runs. */
const REPOSITORIES = ['administration', 'contents', 'workflows', 'actions', 'secrets', 'environments', 'deployments']

export const appBroadPermissions: Detector = {
  id: 'app-broad-permissions',
  title: 'an installed app reaches further than one task needs',
  severityRule:
    'critical when it may administer the organisation, high when it may write members, roles, organisation secrets, runners or hooks, or administer all repositories, medium when it may write code or workflows in all of them',
  owasp: ['NHI5:2025', 'NHI3:2025'],
  controls: ['PR.AA-05', 'GV.SC-07'],
  needs: 'the installations of the organisation from the REST API',
  blindSpot: 'which of its rights the app really uses is not in these exports',
  remediation:
    'Limit the installation to the repositories it works on, and ask its maker for narrower permissions; an app that is no longer needed is suspended first, then uninstalled.',
  *onPrincipal({ principal, access }) {
    if (principal.nativeType !== 'app-installation' || principal.enabled === false) return
    const permissions = recordOf(principal.attributes, 'permissions')
    const writes = (name: string): boolean => permissions[name] === 'write' || permissions[name] === 'admin'
    const everywhere = wordOf(principal.attributes, 'repositorySelection') === 'all'
    const organisation = ORGANISATION.filter(writes)
    const repositories = everywhere ? REPOSITORIES.filter(writes) : []
    const held = [...organisation, ...repositories]
    if (held.length === 0) return
    const severity = organisation.includes('organization_administration')
      ? 'critical'
      : organisation.length > 0 || repositories.includes('administration')
        ? 'high'
        : 'medium'
    const account = wordOf(principal.attributes, 'account') ?? 'the organisation'
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity,
      severityReasons: [
        ...(organisation.length > 0 ? [`it may write ${organisation.join(', ')} of ${account}`] : []),
        ...(repositories.length > 0
          ? [`it may write ${repositories.join(', ')} in every repository of ${account}`]
          : []),
      ],
      title: `the app ${principal.name} may write ${held.join(', ')} throughout ${account}`,
      locations: principal.provenance.slice(0, 1),
      evidence: {
        permissions: held,
        repositories: everywhere ? 'all' : 'selected',
        entitlements: access.entitlements.length,
      },
    }
  },
}
