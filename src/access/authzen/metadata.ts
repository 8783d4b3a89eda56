// The document under `/.well-known/authzen-configuration` (AuthZEN Authorization API 1.0, section 9).

export const DECISION_PATHS = {
  access_evaluation_endpoint: '/access/v1/evaluation',
  access_evaluations_endpoint: '/access/v1/evaluations',
  search_subject_endpoint: '/access/v1/search/subject',
  search_resource_endpoint: '/access/v1/search/resource',
  search_action_endpoint: '/access/v1/search/action',
} as const

/** `base`: scheme and host, without a slash at its end. */
export const metadataOf = (base: string): Readonly<Record<string, string>> => ({
  policy_decision_point: base,
  ...Object.fromEntries(Object.entries(DECISION_PATHS).map(([name, path]) => [name, `${base}${path}`])),
})
