// Enforcement points, without a framework and without a socket: what is asked for a request, and what follows.
export { enforce, markOf } from './enforce.ts'
export type { Ask, Enforced, GuardedRequest, SubjectOfRequest } from './enforce.ts'
export { reviewAccess } from './review-access.ts'
export { subjectFrom } from './subject.ts'
export { recordWouldDeny } from './would-deny.ts'
export { compileRoutes, ROUTE_FILE, routeTable } from './route-table.ts'
export type { RouteFile, RouteTable } from './route-table.ts'
