// Entries of effect: what was planned, done, seen and put back at a target, and the receipts of it.
import type { EntryType } from './entry-type.ts'

const effect = (says: string, content?: EntryType['content']): EntryType => ({
  says,
  layer: 'effect',
  ...(content === undefined ? {} : { content }),
})

const STEP = { step: 'text', effect: 'text' } as const
/** `by`: webhook or mail. `receipt`: of the plan that came to its end. */
const ALARM = { alarm: 'text', event: 'text', by: 'text', receipt: 'text?' } as const
const ENDED = { receipt: 'text' } as const

export const EFFECT_ENTRIES: Readonly<Record<string, EntryType>> = {
  'target.added': effect('a system was configured on which plans may act', { system: 'text' }),
  'target.changed': effect('a system on which plans may act is configured in another way', { changed: 'names?' }),
  'target.removed': effect('no plan acts on a system any more'),
  'target.examined': effect('what a target lets its administrative role do was looked at', {
    ok: 'number',
    missing: 'number',
    tooMuch: 'number',
    unknown: 'number',
    version: 'number?',
  }),
  'target.reaped': effect(
    'rights for a time that were over, and that no grant named any more, were ended at a target',
    {
      gone: 'names',
      left: 'names',
      count: 'number',
    },
  ),
  'restraint.set': effect('every act at targets was stopped at once'),
  'restraint.lifted': effect('plans act at targets again'),
  'plan.made': effect('something is to be done at a target, step by step', {
    operation: 'text',
    target: 'text',
    account: 'text',
    offered: 'flag',
    approval: 'flag',
  }),
  'plan.approved': effect('another person agreed to a plan'),
  'plan.step_began': effect('a step of a plan was looked at, and begins', { step: 'text', statements: 'names' }),
  'plan.attempt_failed': effect('a target could not be asked, and is asked again', { step: 'text', attempt: 'number' }),
  'plan.step_goes_on': effect('a step that takes its time was looked at again', { step: 'text', answered: 'flag' }),
  'plan.step_ended': effect('what a step came to, in the words of its target', { ...STEP, answer: 'text' }),
  'plan.step_undone': effect('what a step had changed was put back', STEP),
  'plan.paused': effect('a plan waits until somebody lets it go on'),
  'plan.resumed': effect('a plan goes on, or is tried again'),
  'plan.ways_accepted': effect('another person than who planned it accepted what was seen and is not proven', {
    receipt: 'text',
    hash: 'text',
    ways: 'names',
  }),
  'plan.undoing': effect('what a plan did is put back', { because: 'text' }),
  'plan.cancelled': effect('a plan was given up before anything was done'),
  'plan.verified': effect('the target was seen to be as the plan wants it', ENDED),
  'plan.unproven': effect('the target was not seen to be as the plan wants it', ENDED),
  'plan.rolled_back': effect('a plan failed, and the target is as it was found', ENDED),
  'plan.undone': effect('a plan was put back, and the target is as it was found', ENDED),
  'alarm.taken': effect('a receiver took what a person has to know of a plan or a grant', ALARM),
  'alarm.given_up': effect('a receiver did not take, for days, what a person has to know of a plan or a grant', ALARM),
  'receipt.made': effect('what became of a plan, with the answers of its target', { receipt: 'object' }),
}
