// All endpoints, in the order in which the document lists them. A new one is declared in its resource's file.
import type { AnyEndpoint } from '../endpoint.ts'
import { ME } from './me.ts'
import { PRINCIPAL_FACTS } from './principal-facts.ts'
import { PRINCIPALS } from './principals.ts'
import { ROLE_ROUTES } from './roles.ts'

export const ENDPOINTS: readonly AnyEndpoint[] = [...PRINCIPALS, ...PRINCIPAL_FACTS, ...ROLE_ROUTES, ...ME]
