// Server-sent events, as the decision feed sends them: `event`, one line of `data`, an empty line.
import { Fault } from '#kernel'

export interface ServerEvent {
  readonly event: string
  readonly data: string
}

/** All policies are one event. */
const EVENT_CHARACTERS_MAX = 64 * 1024 * 1024

/** Throws Fault('too_large') for an event without end. */
export async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let rest = ''
  let event = 'message'
  let data = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length + data.length > EVENT_CHARACTERS_MAX) {
      throw new Fault('too_large', 'the server sends an event without end: is it Reeve?')
    }
    for (const line of lines) {
      if (line.startsWith('data: ')) data += line.slice('data: '.length)
      else if (line.startsWith('event: ')) event = line.slice('event: '.length)
      else if (line === '') {
        if (data !== '') yield { event, data }
        event = 'message'
        data = ''
      }
    }
  }
}
