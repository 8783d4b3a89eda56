// The `server:` section of reeve.yaml: where the server listens, what it may read, and the bounds that its operators set.
import { z } from 'zod'

const path = z.string().min(1).max(4096)
const perMinute = z.int().min(1).max(1_000_000)

const REFERENCE = /^(?:file:\/|exec:\/|env:[A-Za-z_][A-Za-z0-9_]*$)/
const reference = z
  .string()
  .max(4096)
  .regex(REFERENCE, { error: 'write a reference, never the value: `file:/PATH`, `env:NAME` or `exec:/COMMAND ARG…`' })

/** SECURITY: an address and nothing else, so that no header can be made of it. */
const mailAddress = z
  .string()
  .max(254)
  .regex(/^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/, {
    error: 'write an address as oncall@example.com, without a name',
  })

const MailFile = z
  .strictObject({
    server: z
      .string()
      .max(300)
      .regex(/^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, { error: 'write a server as smtp.example.com:587' }),
    tls: z
      .enum(['starttls', 'implicit', 'off'])
      .optional()
      .describe('starttls where it is not said; implicit is that of port 465; off only on this machine'),
    user: z.string().min(1).max(300).optional(),
    password: reference.optional().describe('a reference, never the value'),
    ca: reference.optional().describe("a reference to the authority's certificate; else those of Node count"),
    from: mailAddress,
    to: z.array(mailAddress).min(1).max(20),
  })
  .refine(({ user, password }) => (user === undefined) === (password === undefined), {
    error: '`user` and `password` go together',
  })

export const ServerFile = z
  .strictObject({
    listen: z
      .string()
      .regex(/^(?:\[[0-9a-fA-F:]+\]|[^\s:[\]]+):\d{1,5}$/, { error: 'write an address as 127.0.0.1:7330' })
      .describe('host:port; port 0 is a free one; REEVE_LISTEN and --listen outrank it'),
    tls: z
      .strictObject({ cert: path.describe('PEM, relative to this file'), key: path.describe('PEM, relative to it') })
      .describe('serve HTTPS; needed to listen on anything but loopback, unless behindProxy'),
    behindProxy: z
      .boolean()
      .describe('a proxy in front of Reeve ends TLS and sets X-Forwarded-For; nobody else can reach the address'),
    importRoots: z
      .union([path, z.array(path).max(100)])
      .describe('directories below which connections may read, relative to this file'),
    bothAdministrations: z
      .boolean()
      .describe('one subject may hold identity-admin and access-admin; each such assignment is in the log'),
    breakGlassHoursMax: z.int().min(1).max(24).describe('the longest that an emergency lasts; 4 where it is not said'),
    orphanGraceDays: z.int().min(0).max(3650).describe('how long an active principal may be without an owner'),
    leaverBound: z
      .strictObject({
        shareMax: z.number().min(0).max(1).describe('of the active people (0 to 1)'),
        countMin: z.int().min(1).max(1_000_000).describe('fewer leavers than this never wait'),
      })
      .partial()
      .describe('a feed that marks more as leavers waits for confirmation'),
    witnesses: z
      .array(
        z.strictObject({
          url: z
            .url({ protocol: /^https?$/ })
            .max(2048)
            .describe('where it answers POST /add-checkpoint'),
          key: z
            .string()
            .regex(/^[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}$/, { error: 'write what `reeve witness` printed' })
            .describe('its verifier key, as it prints it'),
        }),
      )
      .max(10)
      .describe('processes elsewhere that cosign the log, and refuse a rewritten one'),
    routes: path.describe('what nginx, Caddy, Envoy and Kubernetes are answered from, relative to this file'),
    references: z
      .strictObject({
        folders: z.array(path).max(100).describe('absolute; below these `file:` may read'),
        variables: z
          .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/))
          .max(100)
          .describe('which `env:` may read'),
        commands: z.array(path).max(100).describe('absolute paths that `exec:` may run'),
      })
      .partial()
      .describe('what targets may name as their credentials, beside files below `secrets` of the data directory'),
    alarms: z
      .strictObject({
        webhooks: z
          .array(z.url({ protocol: /^https?$/ }).max(2048))
          .max(20)
          .describe('told, signed, what a person has to know of plans; http only on this machine'),
        mail: MailFile.describe('people who are told the same by e-mail'),
      })
      .partial(),
    rateLimits: z
      .strictObject({
        perTokenPerMinute: perMinute,
        failuresPerAddressPerMinute: perMinute.describe('refused authentications'),
      })
      .partial(),
  })
  .partial()

/** What the section means. Members that were not written are absent: their defaults are their users' to say. */
export interface ServerSettings {
  readonly listen?: string
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly behindProxy: boolean
  readonly importRoots?: readonly string[]
  readonly bothAdministrations: boolean
  readonly breakGlassHoursMax?: number
  readonly orphanGraceDays?: number
  readonly leaverShareMax?: number
  readonly leaverCountMin?: number
  readonly witnesses?: readonly { readonly url: string; readonly key: string }[]
  readonly routes?: string
  readonly references?: {
    readonly folders?: readonly string[] | undefined
    readonly variables?: readonly string[] | undefined
    readonly commands?: readonly string[] | undefined
  }
  readonly alarms?: {
    readonly webhooks?: readonly string[] | undefined
    readonly mail?: z.infer<typeof MailFile> | undefined
  }
  readonly perTokenPerMinute?: number
  readonly failuresPerAddressPerMinute?: number
}

export function serverSettingsOf(file: z.infer<typeof ServerFile> = {}): ServerSettings {
  const roots = file.importRoots
  const optional = {
    listen: file.listen,
    tls: file.tls,
    importRoots: typeof roots === 'string' ? [roots] : roots,
    breakGlassHoursMax: file.breakGlassHoursMax,
    orphanGraceDays: file.orphanGraceDays,
    leaverShareMax: file.leaverBound?.shareMax,
    leaverCountMin: file.leaverBound?.countMin,
    witnesses: file.witnesses,
    routes: file.routes,
    references: file.references,
    alarms: file.alarms,
    perTokenPerMinute: file.rateLimits?.perTokenPerMinute,
    failuresPerAddressPerMinute: file.rateLimits?.failuresPerAddressPerMinute,
  }
  return {
    behindProxy: file.behindProxy ?? false,
    bothAdministrations: file.bothAdministrations ?? false,
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<
      Omit<ServerSettings, 'behindProxy' | 'bothAdministrations'>
    >),
  }
}
