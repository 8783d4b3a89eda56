// Text on a terminal. SECURITY: whatever came from an input goes through `plain`, so that it cannot send escape codes.
import { styleText } from 'node:util'

/** Control characters, and the marks that reverse or hide what follows, become U+FFFD; line breaks become spaces. */
export function plain(text: string): string {
  return (
    text
      .toWellFormed()
      .replaceAll(/[\t\n\r\u2028\u2029]+/g, ' ')
      // eslint-disable-next-line no-control-regex -- exactly these are refused
      .replaceAll(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '\ufffd')
  )
}

const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

function widthOfCharacter(character: string): number {
  if (/^\p{M}/u.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** Columns that a text without escape codes takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += widthOfCharacter(character)
  return width
}

/** Cuts to `width` columns, with an ellipsis where something is missing. `keep: 'end'` cuts the front: for paths. */
export function fit(text: string, width: number, keep: 'start' | 'end' = 'start'): string {
  if (widthOf(text) <= width) return text
  const characters = Array.from(text)
  if (keep === 'end') characters.reverse()
  const kept: string[] = []
  let used = 1
  for (const character of characters) {
    used += widthOfCharacter(character)
    if (used > width) break
    kept.push(character)
  }
  return keep === 'start' ? `${kept.join('')}…` : `…${kept.reverse().join('')}`
}

export const padEnd = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - widthOf(text)))}`

/** Breaks at spaces into lines of at most `width` columns; a longer word stands alone on its line, uncut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').filter((one) => one !== '')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  if (line !== '') lines.push(line)
  return lines
}

export type Style = Parameters<typeof styleText>[0]
export type Paint = (style: Style, text: string) => string

export const painter =
  (colour: boolean): Paint =>
  (style, text) =>
    colour && text !== '' ? styleText(style, text, { validateStream: false }) : text

/** https://no-color.org and https://force-color.org, then whether somebody is looking. */
export function wantsColour(stream: { readonly isTTY?: boolean }, asked: boolean | undefined): boolean {
  if (asked === false || (process.env['NO_COLOR'] ?? '') !== '') return false
  const forced = process.env['FORCE_COLOR'] ?? ''
  if (forced !== '') return forced !== '0'
  return stream.isTTY === true && process.env['TERM'] !== 'dumb'
}
