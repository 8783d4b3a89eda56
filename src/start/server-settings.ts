// What a server is told, from the command line, the environment and reeve.yaml, in this order.
import { readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { loadConfig } from '#config'
import type { Config } from '#config'
import { readRoutes } from '#config/routes'
import type { RouteTable } from '#config/routes'
import { Fault } from '#kernel'
import { dataDirectoryFrom } from './data-directory.ts'
import { LISTEN_DEFAULT, parseListen, refuseExposed } from './listen-address.ts'
import type { ListenAddress } from './listen-address.ts'

export interface ServerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly workingDirectory: string
  readonly listen?: string
  readonly dataDirectory?: string
  readonly config?: string
  /** In place of what reeve.yaml says. */
  readonly importRoots?: readonly string[]
  readonly bothAdministrations?: boolean
  /** Beside whatever else may be read: the packaged samples. */
  readonly samples?: string
}

export interface ResolvedSettings {
  readonly config: Config
  /** Where it was read; `undefined` when there is none. */
  readonly configFile?: string
  readonly dataDirectory: string
  readonly listen: ListenAddress
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly routes?: RouteTable
  /** Real paths of existing directories. */
  readonly importRoots: readonly string[]
}

/** Throws Fault('usage' | 'config_invalid') on what has to be put right before a start. */
export async function resolveSettings(options: ServerOptions): Promise<ResolvedSettings> {
  const { config: written, configFile } = await configFrom(options)
  const { bothAdministrations = written.server.bothAdministrations } = options
  const config = { ...written, server: { ...written.server, bothAdministrations } }
  const folder = configFile === undefined ? options.workingDirectory : dirname(configFile)
  const { server } = config
  const listen = parseListen(
    options.listen ?? nonEmpty(options.environment['REEVE_LISTEN']) ?? server.listen ?? LISTEN_DEFAULT,
  )
  refuseExposed(listen, { tls: server.tls !== undefined, behindProxy: server.behindProxy })
  const named = options.importRoots ?? server.importRoots?.map((path) => resolve(folder, path))
  return {
    config,
    ...(configFile === undefined ? {} : { configFile }),
    dataDirectory: dataDirectoryFrom(options.dataDirectory, options.environment),
    listen,
    ...(server.tls === undefined ? {} : { tls: await readTls(server.tls, folder) }),
    ...(server.routes === undefined ? {} : { routes: await routesFrom(resolve(folder, server.routes)) }),
    importRoots: await rootsFrom(named, options),
  }
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

async function configFrom(options: ServerOptions): Promise<{ config: Config; configFile?: string }> {
  const named = options.config ?? nonEmpty(options.environment['REEVE_CONFIG'])
  const path = resolve(options.workingDirectory, named ?? 'reeve.yaml')
  const there = await stat(path).catch(() => undefined)
  if (named === undefined && there?.isFile() !== true) return { config: loadConfig('', 'reeve.yaml') }
  return { config: loadConfig(await textOf(path, 'the settings'), path), configFile: path }
}

async function readTls(
  { cert, key }: { readonly cert: string; readonly key: string },
  folder: string,
): Promise<{ cert: string; key: string }> {
  return {
    cert: await textOf(resolve(folder, cert), 'the certificate'),
    key: await textOf(resolve(folder, key), 'the key of the certificate'),
  }
}

const routesFrom = async (path: string): Promise<RouteTable> => readRoutes(await textOf(path, 'the routes'), path)

async function textOf(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
    throw new Fault('usage', `${what} \`${path}\` cannot be read (${code})`, { cause })
  }
}

/** Connections are confined to these: what was named, else where the server was started. */
async function rootsFrom(named: readonly string[] | undefined, options: ServerOptions): Promise<string[]> {
  const { samples, workingDirectory } = options
  const roots: string[] = []
  for (const path of named ?? [workingDirectory]) {
    const real = await realpath(resolve(workingDirectory, path)).catch((cause: unknown) => {
      throw new Fault('usage', `the import root \`${path}\` is not there: make it or name another`, { cause })
    })
    // `/` would let a connection read every file that the server's user can
    if (dirname(real) === real && named === undefined) continue
    roots.push(real)
  }
  const beside = samples === undefined ? undefined : await realpath(join(samples)).catch(() => undefined)
  return [...new Set([...roots, ...(beside === undefined ? [] : [beside])])]
}
