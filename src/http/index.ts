// The HTTP server: the one way in for people, programs and the command line.
export type {
  ContainAsked,
  ContainDoor,
  ContainedCredential,
  ContainedPrincipal,
  Containment,
  Place,
  SessionGroup,
  Told,
} from './contain-door.ts'
export type { LoginAsked, LoginDoor } from './login-door.ts'
export { HTTP_SETTINGS } from './doors.ts'
export type { AlarmTest, Doors, Gauge, HttpSettings } from './doors.ts'
export { buildDecisionServer } from './decisions/server.ts'
export type { DecisionsDoor } from './decisions/door.ts'
export { openApiDocument } from './openapi/document.ts'
export { buildServer, stopServer } from './server.ts'
