// The one table of detectors. Adding one: a file beside this, its line here, a planted case in samples/.
import type { Detector } from '../detector.ts'
import { awsOidcTrustLoose } from './aws-oidc-trust-loose.ts'
import { awsTrustOpen } from './aws-trust-open.ts'
import { awsRootAccessKey } from './aws-root-access-key.ts'
import { awsMachineConsoleLogin } from './aws-machine-console-login.ts'
import { awsConsoleWithoutMfa } from './aws-console-without-mfa.ts'
import { awsWildcardRights } from './aws-wildcard-rights.ts'
import { awsEscalationPath } from './aws-escalation-path.ts'
import { awsAdminAccess } from './aws-admin-access.ts'
import { actionUnpinned } from './action-unpinned.ts'
import { agentBroadReach } from './agent-broad-reach.ts'
import { agentUnauthenticated } from './agent-unauthenticated.ts'
import { appBroadPermissions } from './app-broad-permissions.ts'
import { defaultTokenWrite } from './default-token-write.ts'
import { deployKeyWritable } from './deploy-key-writable.ts'
import { mcpServerUnpinned } from './mcp-server-unpinned.ts'
import { runnerSelfHostedPublic } from './runner-self-hosted-public.ts'
import { secretLeaked } from './secret-leaked.ts'
import { secretAlertOpen } from './secret-alert-open.ts'
import { webhookInsecure } from './webhook-insecure.ts'
import { workflowPullRequestTarget } from './workflow-pull-request-target.ts'
import { workflowScriptInjection } from './workflow-script-injection.ts'
import { workflowSecretsExposed } from './workflow-secrets-exposed.ts'
import { workflowStaticCloudKey } from './workflow-static-cloud-key.ts'
import { workflowTokenWriteAll } from './workflow-token-write-all.ts'
import { entraThirdPartyConsent } from './entra-third-party-consent.ts'
import { entraSecretLifetime } from './entra-secret-lifetime.ts'
import { entraAdminPermission } from './entra-admin-permission.ts'
import { directoryWeakAuthentication } from './directory-weak-authentication.ts'
import { directoryUnconstrainedDelegation } from './directory-unconstrained-delegation.ts'
import { directoryServiceAccountAdmin } from './directory-service-account-admin.ts'
import { directoryRoastableAccount } from './directory-roastable-account.ts'
import { k8sAnonymousBound } from './k8s-anonymous-bound.ts'
import { k8sBindingDangling } from './k8s-binding-dangling.ts'
import { k8sClusterAdmin } from './k8s-cluster-admin.ts'
import { k8sDefaultServiceAccountBound } from './k8s-default-service-account-bound.ts'
import { k8sEscalationPath } from './k8s-escalation-path.ts'
import { k8sSecretsReadable } from './k8s-secrets-readable.ts'
import { k8sServiceAccountShared } from './k8s-service-account-shared.ts'
import { k8sTokenSecret } from './k8s-token-secret.ts'
import { k8sWildcardRights } from './k8s-wildcard-rights.ts'
import { ownerMissing } from './owner-missing.ts'
import { ownerLeft } from './owner-left.ts'
import { ownerSingle } from './owner-single.ts'
import { ownerNotAPerson } from './owner-not-a-person.ts'
import { identityExpired } from './identity-expired.ts'
import { vendorPrivileged } from './vendor-privileged.ts'
import { credentialOld } from './credential-old.ts'
import { credentialWithoutExpiry } from './credential-without-expiry.ts'
import { credentialIdle } from './credential-idle.ts'
import { credentialOfDisabledIdentity } from './credential-of-disabled-identity.ts'
import { environmentCrossed } from './environment-crossed.ts'
import { credentialReused } from './credential-reused.ts'
import { certificateExpiredOrDue } from './certificate-expired-or-due.ts'
import { certificateWeak } from './certificate-weak.ts'
import { sshKeyWeak } from './ssh-key-weak.ts'
import { sshKeyReused } from './ssh-key-reused.ts'
import { sshKeyUnrestrictedRoot } from './ssh-key-unrestricted-root.ts'
import { sshPasswordLogin } from './ssh-password-login.ts'
import { sudoUnrestricted } from './sudo-unrestricted.ts'
import { composeHostControl } from './compose-host-control.ts'

export const DETECTORS: readonly Detector[] = [
  awsOidcTrustLoose,
  awsTrustOpen,
  awsRootAccessKey,
  awsMachineConsoleLogin,
  awsConsoleWithoutMfa,
  awsWildcardRights,
  awsEscalationPath,
  awsAdminAccess,
  ownerMissing,
  ownerLeft,
  ownerSingle,
  ownerNotAPerson,
  identityExpired,
  vendorPrivileged,
  credentialOld,
  credentialWithoutExpiry,
  credentialIdle,
  credentialOfDisabledIdentity,
  environmentCrossed,
  credentialReused,
  actionUnpinned,
  agentBroadReach,
  agentUnauthenticated,
  appBroadPermissions,
  defaultTokenWrite,
  deployKeyWritable,
  mcpServerUnpinned,
  runnerSelfHostedPublic,
  secretAlertOpen,
  secretLeaked,
  webhookInsecure,
  workflowPullRequestTarget,
  workflowScriptInjection,
  workflowSecretsExposed,
  workflowStaticCloudKey,
  workflowTokenWriteAll,
  directoryRoastableAccount,
  directoryServiceAccountAdmin,
  directoryUnconstrainedDelegation,
  directoryWeakAuthentication,
  entraAdminPermission,
  entraSecretLifetime,
  entraThirdPartyConsent,
  k8sAnonymousBound,
  k8sBindingDangling,
  k8sClusterAdmin,
  k8sDefaultServiceAccountBound,
  k8sEscalationPath,
  k8sSecretsReadable,
  k8sServiceAccountShared,
  k8sTokenSecret,
  k8sWildcardRights,
  certificateExpiredOrDue,
  certificateWeak,
  sshKeyWeak,
  sshKeyReused,
  sshKeyUnrestrictedRoot,
  sshPasswordLogin,
  sudoUnrestricted,
  composeHostControl,
]
