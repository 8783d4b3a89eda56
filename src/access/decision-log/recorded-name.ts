// The names of actions and resources as decisions are recorded with them, and back: what was recorded is asked again.
import { resourceName } from '../decide/index.ts'

/** Letters. */
const NAME_MAX = 300
/** As JSON: letters that it writes with a backslash must not make a name six times as long. */
const NAME_BYTES_MAX = 1200
const CUT = '…'

/** A longer one ends with a mark that says so. */
export function recordedName(name: string): string {
  // no letter takes more than six bytes
  if (name.length * 6 <= NAME_BYTES_MAX) return name
  let kept = name.length <= NAME_MAX ? name : name.slice(0, NAME_MAX - CUT.length)
  while (Buffer.byteLength(JSON.stringify(kept)) > NAME_BYTES_MAX) kept = kept.slice(0, Math.floor(kept.length * 0.9))
  return kept === name ? name : `${kept}${CUT}`
}

/** `undefined` where it was cut: nobody can tell what was asked for. */
export const nameRecorded = (recorded: string): string | undefined =>
  recorded.length >= NAME_MAX || recorded.endsWith(CUT) ? undefined : recorded

/** As `nameRecorded`, of a resource. Earlier releases wrote `type:id`, whatever the id was. */
export function resourceRecorded(recorded: string): string | undefined {
  const whole = nameRecorded(recorded)
  if (whole === undefined || whole.startsWith('arn:')) return whole
  const cut = whole.indexOf(':')
  if (cut === -1 || whole.startsWith('://', cut)) return whole
  return resourceName({ type: whole.slice(0, cut), id: whole.slice(cut + 1) })
}
