// What an enforcement point asks for each request: a table of routes, from method and path to action and resource. A request
// that no route is for is denied.
import { z } from 'zod'
import { Fault } from '#kernel'
import { readTemplate } from './template.ts'
import type { Template } from './template.ts'

const NAME = z.string().min(1).max(400)
const METHOD = z.string().regex(/^[A-Z]{1,20}$/, 'a method is written in capitals, as GET')

const ROUTE = z
  .strictObject({
    method: METHOD.describe('`GET` is for `HEAD` too.'),
    path: z.string().max(2000).describe('`/orders/{id}`; `{rest*}` at the end is for one part and more.'),
    action: NAME.optional(),
    resource: NAME.optional().describe('`order://shop/{id}`'),
    public: z.literal(true).optional().describe('Passes without a question.'),
  })
  .superRefine(({ path, action, resource, public: open }, issues) => {
    const wrong = (at: string, message: string): void => issues.addIssue({ code: 'custom', path: [at], message })
    if (open === true) {
      if (action !== undefined || resource !== undefined)
        wrong('public', 'a public route has no action and no resource')
    } else if (action === undefined || resource === undefined)
      wrong('path', 'action and resource are needed, or public: true')
    const template = readTemplate(path, resource)
    if ('wrong' in template) wrong(template.at, template.wrong)
  })

/** The file that `reeve pdp --routes` reads, and what a middleware is given. */
export const ROUTE_FILE = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,62}$/, 'a name is of lower case letters, digits and `-`')
    .describe('Of the enforcement point; stands in every question as `context.reeve.enforcement_point`.'),
  mode: z
    .enum(['enforce', 'observe'])
    .default('enforce')
    .describe('`observe` lets everything pass and marks what would be denied.'),
  subject: z
    .strictObject({
      header: z.string().regex(/^x-[a-z0-9-]{1,60}$/, 'a header of its own, in lower case, as x-client-id'),
      type: NAME,
    })
    .optional()
    .describe('Who asks: a header that the trusted proxy in front sets, and overwrites.'),
  obligations: z
    .array(NAME)
    .max(50)
    .default([])
    .describe('Those that are fulfilled behind; any other one is a denial.'),
  routes: z.array(ROUTE).max(2000).default([]),
  kubernetes: z
    .strictObject({
      cluster: z
        .string()
        .regex(/^[\w.-]{1,200}$/, 'letters, digits, `.`, `_` and `-`')
        .describe('As in `k8s://cluster/…`.'),
      ungranted: z
        .enum(['no_opinion', 'deny'])
        .default('no_opinion')
        .describe(
          'What is said where nothing was granted, or nobody of that name is known: the next authorizer decides, or nobody.',
        ),
    })
    .optional(),
})

export type RouteFile = z.input<typeof ROUTE_FILE>
type Read = z.output<typeof ROUTE_FILE>

export interface Route {
  readonly method: string
  readonly template: Template
  /** Not there on a public route. */
  readonly asks?: { readonly action: string; readonly resource: string }
}

export interface RouteTable extends Pick<Read, 'name' | 'mode' | 'subject' | 'kubernetes'> {
  readonly obligations: ReadonlySet<string>
  readonly routes: readonly Route[]
}

/** Throws Fault('invalid') that names the field. */
export function routeTable(file: RouteFile): RouteTable {
  const read = ROUTE_FILE.safeParse(file)
  if (read.success) return compileRoutes(read.data)
  const [issue] = read.error.issues
  throw new Fault('invalid', `\`${issue?.path.map(String).join('.') ?? ''}\`: ${issue?.message ?? ''}`)
}

export function compileRoutes({ routes, obligations, ...rest }: Read): RouteTable {
  return {
    ...rest,
    obligations: new Set(obligations),
    routes: routes.map(({ method, path, action, resource }) => {
      const template = readTemplate(path, resource)
      if ('wrong' in template) throw new Fault('invalid', `\`${path}\`: ${template.wrong}`)
      return {
        method,
        template,
        ...(action !== undefined && resource !== undefined && { asks: { action, resource } }),
      }
    }),
  }
}
