// A right that somebody was granted for a time, at the target of these tests.
import { newId, systemClock } from '#kernel'
import type { Instant } from '#kernel'
import type { TimedRight } from '#connectors/target'

/** `ms`: from now until it is over. */
export const right = (more: Partial<TimedRight> = {}, ms = 60_000): TimedRight => ({
  id: newId('grant'),
  requestId: newId('access_request'),
  actions: ['pg:member'],
  resources: ['pg://shop-db/role/reporting'],
  until: new Date(Date.parse(systemClock()) + ms).toISOString() as Instant,
  fence: 2,
  ...more,
})
