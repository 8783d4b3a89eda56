// Structured log lines. SECURITY: no header that carries a credential, no query string, and nothing anywhere that looks
// like one of our tokens.
import { pino } from 'pino'
import type { FastifyBaseLogger } from 'fastify'
import type { HttpSettings } from './doors.ts'

const TOKEN = /reeve_[pcb]_[0-9A-Za-z]{6,}/g

const withoutTokens = (line: string): string => line.replaceAll(TOKEN, 'reeve_[redacted]')

interface LoggedRequest {
  readonly id?: string
  readonly method?: string
  readonly ip?: string
  readonly routeOptions?: { readonly url?: string | undefined }
}

export function serverLog({ log, logLevel = 'info' }: HttpSettings): FastifyBaseLogger {
  return pino(
    {
      level: log === undefined ? 'silent' : logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          'authorization',
          '*.authorization',
          'headers.authorization',
          '*.headers.authorization',
          '*.cookie',
          '*.password',
          '*.token',
          '*.secret',
        ],
        censor: '[redacted]',
      },
      serializers: {
        // the route, not the path: identifiers and search words stay out of the log
        req: ({ id, method, ip, routeOptions }: LoggedRequest) => ({
          id,
          method,
          route: routeOptions?.url,
          address: ip,
        }),
        res: ({ statusCode }: { readonly statusCode?: number }) => ({ status: statusCode }),
        err: pino.stdSerializers.errWithCause,
      },
    },
    { write: (line: string) => log?.write(withoutTokens(line)) },
  )
}
