// The page on which the API can be browsed, at `/docs/`. Everything on it comes from this server.
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import reference from '@scalar/fastify-api-reference'

const PREFIX = '/docs'

export async function installReference(server: FastifyInstance): Promise<void> {
  await server.register(async (scope) => {
    scope.addHook('onSend', async (request, reply, payload) => {
      if (request.url.startsWith(PREFIX)) reply.header('content-security-policy', policyFor(payload))
      return payload
    })
    await scope.register(reference, {
      routePrefix: PREFIX,
      configuration: {
        url: '/openapi.json',
        pageTitle: 'Reeve API',
        withDefaultFonts: false,
        telemetry: false,
        agent: { disabled: true },
        mcp: { disabled: true },
        hideClientButton: true,
        // its buttons lead to services of others
        showDeveloperTools: 'never',
        persistAuth: false,
      },
    })
  })
}

const INLINE = /<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g

/** SECURITY: of scripts in the page only those that were sent, by their hash; styles are set by the page's own script. */
function policyFor(payload: unknown): string {
  const page = typeof payload === 'string' && payload.startsWith('<!') ? payload : ''
  const hashes = [...page.matchAll(INLINE)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  )
  return [
    "default-src 'none'",
    `script-src ${["'self'", ...hashes].join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
