// The HTML report: one file that loads nothing, for a manager who opens it and a security lead who sends it.
import { createHash } from 'node:crypto'
import type { Report } from '../../contract.ts'
import { findingsSection } from './findings.ts'
import { headline, whatToDoFirst } from './headline.ts'
import { identitiesSection } from './identities.ts'
import { html, trusted } from './markup.ts'
import type { Html } from './markup.ts'
import { notesSections } from './notes.ts'
import { pathsSection } from './paths.ts'
import { SCRIPT } from './script.ts'
import { secretsSection } from './secrets.ts'
import { STYLE } from './style.ts'
import { sumUp } from './sums.ts'

export function* htmlPieces(report: Report): Generator<string> {
  for (const part of parts(report)) yield part.markup
}

function* parts(report: Report): Generator<Html> {
  const sums = sumUp(report)
  yield head()
  yield html`<body>
    <a class="skip" href="#main">To the report</a>${navigation(report, sums)}
    <main id="main">
   `
  yield headline(report, sums)
  yield whatToDoFirst(sums)
  yield* findingsSection(report, sums)
  yield* pathsSection(sums)
  yield* identitiesSection(report, sums)
  yield* secretsSection(report, sums)
  yield* notesSections(report, sums)
  yield html`</main>${trusted(`<script>${SCRIPT}</script>`)}</body></html>
`
}

/** SECURITY: nothing is loaded, sent or framed; only this very style and this very script may act. */
function head(): Html {
  const policy = `default-src 'none'; style-src '${hashOf(STYLE)}'; script-src '${hashOf(SCRIPT)}'; base-uri 'none'; form-action 'none'`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Non-human identities: Reeve scan report</title>
        ${trusted(`<style>${STYLE}</style>`)}
      </head>
     `
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`

function navigation(report: Report, sums: ReturnType<typeof sumUp>): Html {
  const entries = [
    ['first', 'What to do first', sums.actions.length > 0],
    ['findings', 'Findings', true],
    ['paths', 'Paths', report.principals.some(({ escalations }) => escalations.length > 0)],
    ['identities', 'Identities', report.principals.length > 0],
    ['secrets', 'Secrets', sums.inTheOpen.length > 0],
    ['accepted', 'Accepted', report.suppressed.length > 0],
    ['unseen', 'Not seen', true],
    ['method', 'Method', true],
  ] as const
  return html`<nav aria-label="Sections">
    <ul>
      ${entries.filter(([, , there]) => there).map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
    </ul>
  </nav>`
}
