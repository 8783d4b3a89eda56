// The settings of a scan: reeve.yaml, when there is one.
import type { GovernanceSettings } from '#governance'
import type { ScanOptions } from './options.ts'

export async function settingsFrom(roots: readonly string[], options: ScanOptions): Promise<GovernanceSettings> {
  void roots
  void options
  return { rotateWithinDays: {}, firstPartyOwners: [], ownAccounts: [] }
}
