// A question as the commands that ask one take it: who, on whose behalf, what, on what, and what is said beside it.
import type { Command } from 'commander'
import { Fault } from '#kernel'

export interface QuestionOptions {
  readonly subject: string
  readonly actor: readonly string[]
  readonly action: string
  readonly resource: string
  readonly context?: string
}

interface Party {
  readonly type: string
  readonly id: string
}

export const addQuestionOptions = (command: Command): Command =>
  command
    .requiredOption('--subject <type:id>', 'who, as kubernetes:app, or an id alone: prn_…')
    .option('--actor <type:id>', 'who acts for it; repeat it for a longer chain, who acts now last', gather, [])
    .requiredOption('--action <name>', 'what, as pg:SELECT')
    .requiredOption('--resource <type:id>', 'on what, as table:pg://main/shop/public.orders, or a whole name alone')
    .option('--context <json>', 'what an enforcement point would say beside it, a JSON object')

const gather = (value: string, earlier: readonly string[]): string[] => [...earlier, value]

/** `type:id`. An id of Reeve and a whole name need no type, and are not taken apart at their first colon. */
export function partyOf(value: string): Party {
  if (/^prn_\w+$/.test(value)) return { type: 'principal', id: value }
  if (/^arn:./.test(value)) return { type: 'aws', id: value }
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\/./i.exec(value) ?? []
  if (scheme !== undefined) return { type: scheme, id: value }
  const at = value.indexOf(':')
  if (at < 1 || at === value.length - 1) throw new Fault('usage', `\`${value}\` has no type: write it as type:id`)
  return { type: value.slice(0, at), id: value.slice(at + 1) }
}

/** Throws Fault('usage') that names the option. */
export const questionOf = (options: QuestionOptions) => ({
  subject: { ...partyOf(options.subject) },
  action: { name: options.action },
  resource: { ...partyOf(options.resource) },
  ...contextOf(options),
})

function contextOf({ context, actor }: QuestionOptions): { context?: Record<string, unknown> } {
  let stated: unknown = {}
  try {
    if (context !== undefined) stated = JSON.parse(context)
  } catch (cause) {
    throw new Fault('usage', '--context is no JSON', { cause })
  }
  if (typeof stated !== 'object' || stated === null || Array.isArray(stated))
    throw new Fault('usage', '--context is an object, as {"purpose": "x"}')
  if (actor.length > 0 && 'actor' in stated)
    throw new Fault('usage', 'who acts is said by --actor or in --context, not by both')
  // the outermost acts now
  const chain = actor.reduce<object | undefined>(
    (inner, one) => ({ ...partyOf(one), ...(inner === undefined ? {} : { actor: inner }) }),
    undefined,
  )
  const whole = { ...stated, ...(chain === undefined ? {} : { actor: chain }) }
  return Object.keys(whole).length === 0 ? {} : { context: whole }
}
