// One line on standard error that says how far the reading is. Nothing where nobody is looking.
import type { ReadProgress } from '#connectors'
import { fit, plain } from './text.ts'

export interface Progress {
  show(state: ReadProgress): void
  /** Says what is being done when it is not reading. */
  say(what: string): void
  /** Takes the line away. */
  end(): void
}

const EVERY_MS = 80
const SILENT: Progress = { show() {}, say() {}, end() {} }

export function progressOn(stream: NodeJS.WriteStream, quiet: boolean): Progress {
  if (quiet || !stream.isTTY || process.env['TERM'] === 'dumb') return SILENT
  const started = performance.now()
  let shownAt = -EVERY_MS
  let shown = false
  const put = (line: string): void => {
    shown = true
    stream.write(`\r\u001b[2K${fit(line, Math.max(20, (stream.columns || 80) - 1))}`)
  }
  return {
    show({ files, bytes, reading, totalFiles }) {
      const now = performance.now()
      if (now - shownAt < EVERY_MS) return
      shownAt = now
      const rate = bytes / 1e6 / Math.max(0.001, (now - started) / 1000)
      const of = totalFiles === undefined || totalFiles < files ? '' : ` of ${totalFiles}`
      put(`reading  ${files}${of} files  ${(bytes / 1e6).toFixed(1)} MB  ${rate.toFixed(1)} MB/s  ${plain(reading)}`)
    },
    say(what) {
      put(what)
    },
    end() {
      if (shown) stream.write('\r\u001b[2K')
      shown = false
    },
  }
}
