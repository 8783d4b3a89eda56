// Which records somebody must answer for.
import type { Principal } from '#identity'

/**
 * Not people (they answer for themselves), not groups, not what inputs only mention, and not what the platform makes
 * and keeps itself: its owner is the platform's.
 */
export function needsOwner(principal: Principal): boolean {
  const { kind, mentionedOnly, nativeType, system, vendor } = principal
  if (mentionedOnly || kind === 'human' || kind === 'group') return false
  return nativeType !== 'iam-service-linked-role' && !(system === 'entra' && vendor === 'Microsoft')
}
