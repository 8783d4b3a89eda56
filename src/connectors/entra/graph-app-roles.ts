// Application permissions of Microsoft Graph: the app role ids that assignments carry, and their names. Facts only.
import names from './graph-app-roles.json' with { type: 'json' }

/** App role id, lower case, to permission name. */
export const GRAPH_APP_ROLES: ReadonlyMap<string, string> = new Map(
  Object.entries(names).map(([name, id]) => [id, name]),
)
