// Which asymmetric keys are too weak to authenticate with (NIST SP 800-131A: RSA and DSA from 2048 bits, curves from 224).
import { wordOf } from './attribute.ts'

const RSA_BITS_MIN = 2048
const RSA_BITS_GRAVE = 1024
const CURVE_BITS_MIN = 224

/** From the attributes `keyType` and `keyBits`; `grave` when it is within reach of anyone. */
export function weakKey(attributes: Parameters<typeof wordOf>[0]): { text: string; grave: boolean } | undefined {
  const type = wordOf(attributes, 'keyType')
  const bits = attributes['keyBits']
  if (type === 'dsa') return { text: 'a DSA key', grave: false }
  if (typeof bits !== 'number' || type === undefined) return undefined
  if (type === 'rsa' && bits < RSA_BITS_MIN) return { text: `an RSA key of ${bits} bits`, grave: bits < RSA_BITS_GRAVE }
  const curve = type === 'ec' || type === 'ecdsa'
  return curve && bits < CURVE_BITS_MIN ? { text: `an elliptic curve of ${bits} bits`, grave: false } : undefined
}
