// Cedar's `ipaddr`: one address or a network, version 4 or 6, never a mix of both.
import { fail } from '../evaluation-error.ts'

export class IpAddress {
  /** 32 or 128: the version, by its width. */
  readonly width: 32 | 128
  readonly address: bigint
  readonly prefix: number

  constructor(width: 32 | 128, address: bigint, prefix: number) {
    this.width = width
    this.address = address
    this.prefix = prefix
  }

  get isLoopback(): boolean {
    return this.width === 32 ? this.address >> 24n === 127n : this.address === 1n
  }

  get isMulticast(): boolean {
    return this.width === 32
      ? this.address >> 28n === 0b1110n && this.prefix >= 4
      : this.address >> 120n === 0xffn && this.prefix >= 8
  }

  /** Whether every address of this network is one of the other. */
  isInRange(other: IpAddress): boolean {
    if (this.width !== other.width || this.prefix < other.prefix) return false
    const host = BigInt(this.width - other.prefix)
    return this.address >> host === other.address >> host
  }
}

const V4_PART = /^(?:0|[1-9][0-9]{0,2})$/
const V6_PART = /^[0-9a-fA-F]{1,4}$/
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/

export function ipAddressFrom(text: string): IpAddress {
  const slash = text.indexOf('/')
  const address = slash === -1 ? text : text.slice(0, slash)
  const width = address.includes(':') ? 128 : 32
  const value = (width === 32 ? v4From(address) : v6From(address)) ?? fail('not a valid IP address')
  if (slash === -1) return new IpAddress(width, value, width)
  const digits = text.slice(slash + 1)
  if (!PREFIX.test(digits) || Number(digits) > width) return fail('not a valid IP prefix')
  return new IpAddress(width, value, Number(digits))
}

function v4From(text: string): bigint | undefined {
  const parts = text.split('.', 5)
  if (parts.length !== 4 || !parts.every((part) => V4_PART.test(part) && Number(part) <= 255)) return undefined
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n)
}

function v6From(text: string): bigint | undefined {
  const halves = text.split('::', 3)
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':', 9)))
  const groups = [...(head ?? []), ...(tail ?? [])]
  if (!groups.every((group) => V6_PART.test(group))) return undefined
  // `::` stands for at least one group
  const missing = 8 - groups.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const all = [...(head ?? []), ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])]
  return all.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
