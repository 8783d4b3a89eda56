// The route file of an enforcement point (`reeve pdp --routes`). Strict: a mistake is an error with its line, never ignored.
import { z } from 'zod'
import { compileRoutes, ROUTE_FILE } from '#access/decisions'
import type { RouteTable } from '#access/decisions'
import { parseConfigYaml, refuse } from './config-problems.ts'

export type { RouteTable } from '#access/decisions'

/** Throws Fault('config_invalid'). */
export function readRoutes(yaml: string, fileName: string): RouteTable {
  const parsed = parseConfigYaml(yaml, fileName)
  const read = ROUTE_FILE.safeParse(parsed.value)
  if (read.success) return compileRoutes(read.data)
  throw refuse(read.error.issues, parsed, z.toJSONSchema(ROUTE_FILE, { io: 'input', unrepresentable: 'any' }))
}
