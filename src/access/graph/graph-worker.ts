// The thread in which the graph lives: it reads the records over a connection of its own, so that neither building it nor a
// big question holds up a decision.
import { parentPort, workerData } from 'node:worker_threads'
import { LAYER_NAMES, openDatabase } from '#db'
import type { Connection, Layer } from '#db'
import { Fault, messageOf } from '#kernel'
import type { FaultCode } from '#kernel'
import { GraphKeeper } from './keeper.ts'
import type { GraphAnswers, GraphQuestion } from './keeper.ts'

export interface AskedGraph {
  readonly number: number
  readonly question: GraphQuestion
}

export type ToldGraph = { readonly number: number } & (
  | { readonly answer: GraphAnswers[keyof GraphAnswers] }
  | { readonly failure: { readonly code?: FaultCode; readonly detail: string } }
)

const { connection } = workerData as { readonly connection: Connection }
// every layer's pool is made and none is opened but this one
const layers = Object.fromEntries(LAYER_NAMES.map((layer) => [layer, connection])) as Record<Layer, Connection>
const keeper = new GraphKeeper(openDatabase(layers).layer('access'))

parentPort?.on('message', ({ number, question }: AskedGraph) => {
  keeper.ask(question).then(
    (answer) => tell({ number, answer }),
    (error: unknown) =>
      tell({
        number,
        failure: error instanceof Fault ? { code: error.code, detail: error.detail } : { detail: messageOf(error) },
      }),
  )
})

const tell = (told: ToldGraph): void => parentPort?.postMessage(told, [])
