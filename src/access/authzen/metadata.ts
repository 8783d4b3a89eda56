// The document under `/.well-known/authzen-configuration` (AuthZEN Authorization API 1.0, section 9).

export const DECISION_PATHS = {
  access_evaluation_endpoint: '/access/v1/evaluation',
  access_evaluations_endpoint: '/access/v1/evaluations',
  search_subject_endpoint: '/access/v1/search/subject',
  search_resource_endpoint: '/access/v1/search/resource',
  search_action_endpoint: '/access/v1/search/action',
} as const

/** Where a right is asked for that was denied (Access Request and Approval Profile 1.0, draft 1). */
export const ACCESS_REQUEST_PATH = '/v1/access-request-tasks'
const CAPABILITY = 'urn:openid:authzen:capability:access-request'

/** `base`: scheme and host, without a slash at its end. `requestable`: rights can be asked for at the same place. */
export const metadataOf = (
  base: string,
  { requestable = false }: { readonly requestable?: boolean } = {},
): Readonly<Record<string, string | readonly string[]>> => ({
  policy_decision_point: base,
  ...(requestable && { access_request_endpoint: `${base}${ACCESS_REQUEST_PATH}`, capabilities: [CAPABILITY] }),
  ...Object.fromEntries(Object.entries(DECISION_PATHS).map(([name, path]) => [name, `${base}${path}`])),
})
