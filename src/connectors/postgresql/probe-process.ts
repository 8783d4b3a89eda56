// The prober: a process of its own that is given one job on its standard input, logs in for real at each place, prints one
// line of JSON and ends. SECURITY: the secret is in its memory only, and in no text that it prints.
import { text } from 'node:stream/consumers'
import { hostname } from 'node:os'
import type { ProbeAnswer, ProbeJob } from './probe-answer.ts'
import { tried } from './try-login.ts'

const job = JSON.parse(await text(process.stdin)) as ProbeJob
const places = await Promise.all(job.places.map((place) => tried(place, job)))
process.stdout.write(`${JSON.stringify({ prober: hostname(), places } satisfies ProbeAnswer)}\n`, () => process.exit(0))
