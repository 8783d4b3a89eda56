// The one table of detectors. Adding one: a file beside this, its line here, a planted case in samples/.
import type { Detector } from '../detector.ts'
import { ownerMissing } from './owner-missing.ts'

export const DETECTORS: readonly Detector[] = [ownerMissing]
