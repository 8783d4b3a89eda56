// NHI4: events of the repository go to a receiver over a link, or without a secret, on which neither can be sure.
import { isTrue, wordOf, wordsOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'

export const webhookInsecure: Detector = {
  id: 'webhook-insecure',
  title: 'a webhook that can be read or forged',
  severityRule:
    'high when the link is not protected by a checked TLS certificate, medium when only the secret is missing',
  owasp: ['NHI4:2025'],
  controls: ['PR.AA-03', 'PR.DS-02'],
  needs: 'the webhooks of the organisation or repository from the REST API',
  blindSpot:
    'whether the receiver really checks the signature is not visible; hooks of installed apps are not in these exports',
  remediation:
    'Deliver to an https address with SSL verification on, and set a secret that the receiver checks by the X-Hub-Signature-256 header.',
  *onPrincipal({ principal }) {
    if (principal.nativeType !== 'webhook' || principal.enabled === false) return
    const { attributes } = principal
    const plain = wordOf(attributes, 'scheme') === 'http'
    const unchecked = isTrue(attributes, 'insecureSsl')
    const subject = { principalId: principal.id, externalId: principal.externalId }
    const evidence = { host: wordOf(attributes, 'host') ?? null, events: [...wordsOf(attributes, 'events')] }
    const locations = principal.provenance.slice(0, 1)
    if (plain || unchecked) {
      yield {
        subject,
        discriminator: 'link',
        severity: 'high',
        severityReasons: [
          plain ? 'events travel in the clear' : "the receiver's certificate is not checked",
          'the content of pushes and issues can be read and changed on the way',
        ],
        title: `the ${principal.name} delivers ${plain ? 'over plain http' : 'without checking the certificate'}`,
        locations,
        evidence,
      }
    }
    if (attributes['hasSecret'] === false) {
      yield {
        subject,
        discriminator: 'secret',
        severity: 'medium',
        severityReasons: ['the receiver cannot tell a real event from one that somebody else sends'],
        title: `the ${principal.name} has no secret`,
        locations,
        evidence,
      }
    }
  },
}
