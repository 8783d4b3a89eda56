// The decision point, beside the framework: routing, hooks and serializers cost more than a decision does. What is not its
// own goes on to the framework untouched.
import type { RequestListener } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import {
  AnswersLately,
  authorizeIssueOf,
  DECISION_PATHS,
  evaluateAllToSend,
  evaluateToSend,
  metadataOf,
  readBody,
  ReadLately,
  search,
  searchOf,
} from '#access/decisions'
import type { SearchAnswer, SearchKind } from '#access/decisions'
import type { HttpSettings } from '../doors.ts'
import { Desk } from './desk.ts'
import { FEED_PATH, FeedDesk } from './feed.ts'
import type { Answering } from './desk.ts'
import type { DecisionsDoor } from './door.ts'
import { enforcing } from './enforcing.ts'
import type { PlainDesk } from './plain-connection.ts'
import { RECORDS_PATH, sentDecisions } from './records.ts'
import { requestIdOf } from './respond.ts'

export interface DecisionsBeside {
  /** Answers what is asked of the decision point, and hands on the rest. */
  readonly before: (next: RequestListener) => RequestListener
  /** Evaluations that are asked for in plain HTTP, before Node's parser sees them. */
  readonly plain?: PlainDesk
  /** The one document that everybody may read. */
  readonly install: (server: FastifyInstance) => void
}

/** For who issues tokens: which scopes, and for how long. Not of AuthZEN. */
const ISSUE_PATH = '/v1/authorize-issue'

/** What a text asks depends on nothing else, and what is answered lies in the decision: every decision point may share them. */
const lately = { asked: new ReadLately(), answered: new AnswersLately() }

const evaluated: Answering = (point, text) => evaluateToSend(point, lately.asked.questionIn(text), lately.answered)

const EVALUATIONS: ReadonlyMap<string, Answering> = new Map<string, Answering>([
  [DECISION_PATHS.access_evaluation_endpoint, evaluated],
  [DECISION_PATHS.access_evaluations_endpoint, async (point, text) => await evaluateAllToSend(point, text, lately)],
])

const ANSWERS: ReadonlyMap<string, Answering> = new Map<string, Answering>([
  ...EVALUATIONS,
  [DECISION_PATHS.search_subject_endpoint, searching('subject')],
  [DECISION_PATHS.search_resource_endpoint, searching('resource')],
  [DECISION_PATHS.search_action_endpoint, searching('action')],
  [ISSUE_PATH, async (point, text) => await authorizeIssueOf(point, readBody(text))],
])

export function decisionsBeside(
  door: DecisionsDoor | undefined,
  settings: HttpSettings,
  log: FastifyBaseLogger,
): DecisionsBeside {
  if (door === undefined) return { before: (next) => next, install: () => undefined }
  const desk = new Desk(door, settings, log)
  const { takeRecords } = door
  const enforces = door.routes === undefined ? undefined : enforcing(desk, door.routes)
  const feed = door.feed === undefined ? undefined : new FeedDesk(desk, door, door.feed)
  return {
    plain: desk.plainly(EVALUATIONS),
    before: (next) => (request, response) => {
      if (feed !== undefined && request.method === 'GET' && request.url === FEED_PATH) {
        feed.serve(request, response)
        return
      }
      if (enforces?.(request, response) === true) return
      if (takeRecords !== undefined && request.method === 'POST' && request.url === RECORDS_PATH) {
        const taking: Answering = async (_point, text, { subjectId }) =>
          await takeRecords(sentDecisions(text), subjectId)
        desk.answer(taking, request, response, 'decide:follow')
        return
      }
      const answering = request.method === 'POST' ? ANSWERS.get(request.url ?? '') : undefined
      if (answering === undefined) next(request, response)
      else desk.answer(answering, request, response)
    },
    install: (server) => {
      server.addHook('preClose', async () => feed?.close())
      server.get('/.well-known/authzen-configuration', async (request, reply) => {
        const given = request.headers['x-request-id']
        if (given !== undefined) reply.header('x-request-id', requestIdOf(request.raw))
        return await reply.send(
          metadataOf(`${request.protocol}://${request.host}`, { requestable: door.requestable !== undefined }),
        )
      })
    },
  }
}

/** Other requests are answered between slices. */
function searching(kind: SearchKind): Answering {
  return async ({ state, now }, text): Promise<SearchAnswer> => {
    const steps = search(state(), searchOf(kind, readBody(text)), now())
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) return step.value
      await new Promise<void>((resolve) => {
        setImmediate(resolve)
      })
    }
  }
}
