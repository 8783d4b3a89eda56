// `reeve evidence`: export, verification, proofs, the key, pruning. On the machine of the server, whether it runs or not.
import { Command } from 'commander'
import { Fault } from '#kernel'
import type { Instant } from '#kernel'
import { chainCommand } from './evidence/chain.ts'
import { tailCommand } from './evidence/tail.ts'
import { answerJson, say } from './terminal/answer.ts'
import { writeTo } from './terminal/write-out.ts'
import { answerFindings, fileOf, gather, instantOf, withKeys } from './verify.ts'
import type { FindingOptions } from './verify.ts'
import { version } from './version.ts'

interface Local {
  readonly dataDir?: string
  readonly json?: boolean
}

const local = (command: Command): Command =>
  command.option('--data-dir <directory>', 'of the server (default: REEVE_DATA_DIR, else as reeve serve)')

const desk = ({ dataDir }: Local): { environment: NodeJS.ProcessEnv; release: string; dataDirectory?: string } => ({
  environment: process.env,
  release: version,
  ...(dataDir === undefined ? {} : { dataDirectory: dataDir }),
})

export function evidenceCommand(): Command {
  return new Command('evidence')
    .description('the log of this server: export, verify, prove, prune')
    .addCommand(exportCommand())
    .addCommand(tailCommand())
    .addCommand(chainCommand())
    .addCommand(verifyLiveCommand())
    .addCommand(keyCommand())
    .addCommand(proveCommand())
    .addCommand(pruneCommand())
    .addCommand(eraseCommand())
}

interface ExportOptions extends Local {
  readonly out?: string
  readonly ocsf?: boolean
  readonly from?: Instant
  readonly to?: Instant
  readonly scope?: readonly string[]
  readonly witnessKey?: readonly string[]
}

function exportCommand(): Command {
  return local(new Command('export'))
    .description('write an audit bundle: entries, proofs, populations, and the verifier')
    .option('--out <path>', 'a folder that is not there yet, or a file that ends with .zip')
    .option('--ocsf', 'instead, the entries alone as OCSF events (NDJSON) on standard output')
    .option('--from <date>', 'what entries say from then on; of all others only the head', instantOf)
    .option('--to <date>', 'what they say before then, and populations as they were', instantOf)
    .option('--scope <word=value>', 'principal, owner, system or environment; may be repeated', gather)
    .option('--witness-key <key>', 'of a witness, whose cosignature is waited for; may be repeated', gather)
    .option('--json', 'as JSON')
    .action(async (options: ExportOptions) => {
      const { exportEvidence, exportOcsf } = await import('#main')
      const { out, ocsf, from, to, scope = [], witnessKey = [], json } = options
      if (from !== undefined && to !== undefined && from >= to)
        throw new Fault('usage', '--from is not before --to: nothing would be said')
      const period = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
      if (ocsf === true) {
        if (out !== undefined || json === true || scope.length + witnessKey.length > 0)
          throw new Fault(
            'usage',
            '--ocsf writes all entries of a period to standard output: only --from and --to go with it',
          )
        const write = async (lines: string): Promise<void> => writeTo(process.stdout, [lines])
        const { events, unmapped } = await exportOcsf({ ...desk(options), period, write })
        say(`${events} events; ${unmapped} of types that are in no class, as Base Events`)
        return
      }
      if (out === undefined) throw new Fault('usage', 'say where the bundle is to be: --out PATH')
      const made = await exportEvidence({ ...desk(options), out, period, scope, witnessKeys: witnessKey })
      if (json === true) await answerJson(made)
      else say(`${made.out}: ${made.entries} entries, ${made.rows} rows of populations`)
    })
}

function verifyLiveCommand(): Command {
  return withKeys(local(new Command('verify')))
    .description('verify the log in the database and on disk, and name the first entry that was touched')
    .option('--state', 'every record of every layer against the hash in its entry too')
    .action(async (options: FindingOptions & Local & { readonly state?: boolean }) => {
      const { verifyEvidence } = await import('#main')
      const { logKey, witnessKey = [], state = false } = options
      const known = await fileOf(options.knownCheckpoint)
      const restore = await fileOf(options.acceptedRestore)
      const findings = await verifyEvidence({
        ...desk(options),
        state,
        witnessKeys: witnessKey,
        ...(known === undefined ? {} : { known }),
        ...(restore === undefined ? {} : { acceptedRestore: restore }),
        ...(logKey === undefined ? {} : { logKey }),
      })
      await answerFindings(findings, options)
    })
}

function keyCommand(): Command {
  return local(new Command('key'))
    .description('print the verifier key of the log, for auditors and witnesses')
    .option('--pending', 'the one that was made by `reeve keys rotate log` and counts from the next start on')
    .option('--json', 'all keys that there were, oldest first, and one that is pending')
    .action(async (options: Local & { readonly pending?: boolean }) => {
      const { evidenceKeys } = await import('#main')
      const found = await evidenceKeys(desk(options))
      const key = options.pending === true ? found.pending : found.keys.at(-1)
      if (options.json === true) await answerJson(found)
      else if (key === undefined) throw new Fault('not_found', 'no key is pending: `reeve keys rotate log` makes one')
      else await writeTo(process.stdout, [`${key}\n`])
    })
}

function proveCommand(): Command {
  return local(new Command('prove'))
    .description('print the proof that an entry is in the log (C2SP tlog-proof)')
    .argument('<entry>', 'its id, evt_…')
    .option('--witness-key <key>', 'of a witness, which has to have cosigned it; may be repeated: any one does', gather)
    .option('--json', 'as JSON, with where the entry stands and who cosigned')
    .action(async (entry: string, options: Local & { readonly witnessKey?: readonly string[] }) => {
      const { proveEvidence } = await import('#main')
      const { witnessKey = [], json } = options
      const proven = await proveEvidence({ ...desk(options), entry, witnessKeys: witnessKey })
      if (json === true) await answerJson(proven)
      else await writeTo(process.stdout, [proven.proof])
    })
}

function pruneCommand(): Command {
  return local(new Command('prune'))
    .description('take away reasons and contents of old entries; their hashes stay, and the pruning is an entry')
    .requiredOption('--type <type>', 'of entries, such as principal.registered')
    .requiredOption('--older-than <days>', 'not less than the database keeps them', Number)
    .option('--json', 'as JSON')
    .action(async (options: Local & { readonly type: string; readonly olderThan: number }) => {
      const { pruneEvidence } = await import('#main')
      const { type, olderThan, json } = options
      const pruned = await pruneEvidence({ ...desk(options), type, days: olderThan })
      if (json === true) await answerJson({ type, pruned })
      else say(`${pruned} entries of ${type} have lost their content`)
    })
}

function eraseCommand(): Command {
  return local(new Command('erase'))
    .description('take away what is kept of a person who has left; without --yes it only counts')
    .argument('<person>', 'its id (psn_…)')
    .requiredOption('--reason <text>', 'why; it stands in the log')
    .option('--yes', 'do it: it cannot be undone')
    .option('--json', 'as JSON')
    .action(async (person: string, options: Local & { readonly reason: string; readonly yes?: boolean }) => {
      const { eraseOfPerson } = await import('#main')
      const { reason, yes = false, json } = options
      const erased = await eraseOfPerson({ ...desk(options), person, reason, dry: !yes })
      const { entries, versions, identifiers } = erased
      if (json === true) await answerJson({ person, erased: yes, ...erased })
      else
        say(
          `${entries} entries, ${versions} versions of records and ${identifiers} identifiers ${yes ? 'were erased' : 'would be erased; repeat it with --yes'}`,
        )
    })
}
