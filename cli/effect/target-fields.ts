// What is said of a target on the command line: all of it where it is added, what differs where it is changed.
import type { Command } from 'commander'
import { Fault } from '#kernel'
import type { Schemas } from '../remote/server.ts'
import { gather } from '../verify.ts'

export type Settings = Schemas['Target']['data']['settings']

/** What was given; `false` takes it away. */
export interface GivenFields {
  readonly host?: string
  readonly port?: number
  readonly database?: string
  readonly user?: string
  readonly password?: string
  readonly tls?: 'off' | 'verify'
  readonly ca?: string | false
  readonly entrance?: readonly string[] | false
  readonly standby?: readonly string[] | false
  readonly probeInClear?: boolean
  readonly successor?: string | false
}

export const withFields = (command: Command): Command =>
  command
    .option('--host <host>', 'a name, an address, or the absolute path of a folder with its socket')
    .option('--port <port>', 'where it listens; a new one at 5432', Number)
    .option('--database <database>', 'where the administrative role signs in; of a new one `postgres`')
    .option('--user <role>', 'the administrative role; of a new one `reeve_admin`')
    .option('--password <reference>', 'file:/PATH, env:NAME or exec:/COMMAND, read by the server; never the value')
    .option('--tls <verify|off>', '`off` only on this machine; of a new one `verify`')
    .option('--ca <reference>', 'the certificate of its authority; else those of the system count')
    .option('--entrance <host:port>', 'a pooler or proxy in front of it; may be repeated', gathered)
    .option('--standby <host:port>', 'a standby: sessions are ended there, too; may be repeated', gathered)
    .option(
      '--probe-in-clear',
      'the prober also answers who asks for the password in clear or as MD5, not by SCRAM alone',
    )
    .option('--successor <role>', 'who takes over what a revoked role owns')

export const withoutFields = (command: Command): Command =>
  command
    .option('--no-ca', 'the authorities of the system count')
    .option('--no-entrance', 'there is none')
    .option('--no-standby', 'there is none')
    .option('--no-probe-in-clear', 'the prober answers SCRAM alone')
    .option('--no-successor', 'nobody takes over')

/** As `--no-…` and a list may both be given: the last word counts. */
const gathered = (value: string, earlier?: readonly string[] | boolean): string[] =>
  gather(value, Array.isArray(earlier) ? earlier : [])

/** Where nothing else is said. Its host and its password are. */
export const newSettings = (name: string): Settings => ({
  system: 'postgresql',
  name,
  address: { host: '', port: 5432 },
  database: 'postgres',
  administrator: { user: 'reeve_admin', password: '' },
  tls: 'verify',
  entrances: [],
})

/** All of it, with what was given in place of what it was. */
export function settingsWith(now: Settings, given: GivenFields): Settings {
  const { ca, standbys, probeInClear, successor, ...rest } = now
  const { host = now.address.host, port = now.address.port, database = now.database, tls = now.tls } = given
  const { user = now.administrator.user, password = now.administrator.password } = given
  return {
    ...rest,
    address: { host, port },
    database,
    tls,
    administrator: { user, password },
    entrances: addressesIn(given.entrance) ?? now.entrances,
    ...only('ca', given.ca, ca),
    ...only('standbys', addressesIn(given.standby), standbys),
    ...only('probeInClear', given.probeInClear, probeInClear),
    ...only('successor', given.successor, successor),
  }
}

const addressesIn = (given: readonly string[] | false | undefined): Settings['entrances'] | undefined =>
  given === false ? [] : given?.map(addressOf)

/** A member that is absent where nothing is to be said of it. */
function only<K extends string, V>(name: K, given: V | false | undefined, now: V | undefined): { [name in K]?: V } {
  const value = given ?? now
  const isNothing = value === undefined || value === false || (Array.isArray(value) && value.length === 0)
  return isNothing ? {} : ({ [name]: value } as { [name in K]?: V })
}

function addressOf(text: string): Settings['address'] {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === '') throw new Fault('usage', `\`${text}\` is no address: write it as db.example:6432`)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}
