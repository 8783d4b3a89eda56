// What a server refused, in the words of the command line: the API's own (headers, fields, pointers) mean nothing here.
import type { Fault } from '#kernel'
import { wordsOfCamel } from '../words.ts'

interface Mistake {
  readonly pointer: string
  readonly detail: string
}

/** One line or several. What is no refusal of a server is as it said it. */
export function faultInWords(fault: Fault): string[] {
  if (!('httpStatus' in fault)) return [fault.detail]
  if (fault.httpStatus === 401)
    return ['the server knows no such token, or it is in force no more: run reeve login, or set REEVE_TOKEN to another']
  const mistakes = 'mistakes' in fault && Array.isArray(fault.mistakes) ? (fault.mistakes as Mistake[]) : []
  if (mistakes.length === 0) return [withOptions(fault.detail)]
  const lines = mistakes.map(({ pointer, detail }) => `  ${partOf(pointer)}: ${withOptions(formOf(detail))}`)
  return ['the server cannot take this:', ...new Set(lines)]
}

/** `/administrators/0/email`, `?expiringBefore` and `params:tokenId` as words. */
const partOf = (pointer: string): string =>
  wordsOfCamel(pointer.replace(/^(?:params:|headers:|[?/])/, '').replaceAll('/', ' ')) || 'all of it'

const formOf = (detail: string): string =>
  detail === 'Invalid input' ? 'does not have the form that it needs' : detail

const OPTIONS: Readonly<Record<string, string>> = {
  emergency: '--emergency',
  expiresAt: 'the end',
  validFrom: 'in the API from when it was true',
  nextReviewAt: 'the next review',
}

const withOptions = (text: string): string =>
  text.replaceAll(/`(\w+)`/g, (quoted, word: string) => (Object.hasOwn(OPTIONS, word) ? (OPTIONS[word] ?? '') : quoted))
