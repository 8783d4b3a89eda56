// The one table of detectors. Adding one: a file beside this, its line here, a planted case in samples/.
import type { Detector } from '../detector.ts'
import { entraThirdPartyConsent } from './entra-third-party-consent.ts'
import { entraSecretLifetime } from './entra-secret-lifetime.ts'
import { entraAdminPermission } from './entra-admin-permission.ts'
import { directoryWeakAuthentication } from './directory-weak-authentication.ts'
import { directoryUnconstrainedDelegation } from './directory-unconstrained-delegation.ts'
import { directoryServiceAccountAdmin } from './directory-service-account-admin.ts'
import { directoryRoastableAccount } from './directory-roastable-account.ts'
import { ownerMissing } from './owner-missing.ts'

export const DETECTORS: readonly Detector[] = [
  ownerMissing,
  directoryRoastableAccount,
  directoryServiceAccountAdmin,
  directoryUnconstrainedDelegation,
  directoryWeakAuthentication,
  entraAdminPermission,
  entraSecretLifetime,
  entraThirdPartyConsent,
]
