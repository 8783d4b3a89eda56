// NHI3: an agent starts a server whose code its publisher can change at any time.
import { isAttributes, isTrue, wordOf, wordsOf } from '../attribute.ts'
import type { Detector } from '../detector.ts'
import type { Dossier, EstateReader } from '../dossier.ts'

export const mcpServerUnpinned: Detector = {
  id: 'mcp-server-unpinned',
  title: 'an MCP server is fetched in whatever version is newest',
  severityRule:
    'high when the server is given a secret, a shell, a whole home or file system, or tools that run unasked; medium otherwise; one step lower for an image tag that names an exact version',
  owasp: ['NHI3:2025'],
  controls: ['GV.SC-07', 'PR.PS-06'],
  needs: 'MCP client configurations',
  blindSpot:
    'a remote server can change behind its address and cannot be pinned, so it is not reported; programs that are installed beforehand and images without a registry are taken as your own',
  remediation:
    'Name an exact version (`npx -y package@1.2.3`, `uvx package==1.2.3`) or an image digest (`image@sha256:…`), and move it on by review.',
  *onPrincipal(dossier, estate) {
    const { principal } = dossier
    if (!isFetchedUnpinned(dossier, estate)) return
    const { attributes } = principal
    const name = wordOf(attributes, 'package') ?? principal.name
    const secrets = dossier.uses.flatMap((credential) => credential.name ?? [])
    const broad = attributes['broadFiles']
    const reasons = [
      ...(secrets.length > 0 ? [`it is given secrets: ${secrets.slice(0, 10).join(', ')}`] : []),
      ...(isTrue(attributes, 'shell') ? ['it runs commands'] : []),
      ...(isTrue(attributes, 'containerEngine') ? ['it controls the container engine'] : []),
      ...(isAttributes(broad) ? [`it is given a whole ${wordOf(broad, 'what') ?? 'home'}`] : []),
      ...(wordsOf(attributes, 'autoApprove').length > 0 ? ['some of its tools run without asking'] : []),
    ]
    const version = wordOf(attributes, 'version')
    // moving such a tag is possible, but nobody does it by accident
    const exact = version !== undefined && /^v?\d+\.\d+\.\d+$/.test(version)
    yield {
      subject: { principalId: principal.id, externalId: principal.externalId },
      severity: reasons.length > 0 ? (exact ? 'medium' : 'high') : exact ? 'low' : 'medium',
      severityReasons: [...reasons, 'whoever can publish the package can change its tools and what they do'],
      title:
        version === undefined || version === 'latest'
          ? `the MCP server ${principal.name} runs the newest ${name}, whatever that is`
          : `the MCP server ${principal.name} runs ${name} at \`${version}\`, which its publisher can move`,
      locations: principal.provenance.slice(0, 1),
      evidence: {
        package: name,
        version: version ?? null,
        ecosystem: wordOf(attributes, 'ecosystem') ?? null,
      },
    }
  },
}

function isFetchedUnpinned({ principal, in: into }: Dossier, estate: EstateReader): boolean {
  const { attributes } = principal
  if (principal.nativeType !== 'mcp-server' || principal.enabled === false) return false
  if (attributes['pinned'] !== false || !into.some(({ relation }) => relation === 'uses')) return false
  const name = wordOf(attributes, 'package')
  if (name === undefined) return false
  // an image of one word is most often built on this machine
  if (wordOf(attributes, 'ecosystem') === 'container' && !name.includes('/')) return false
  const scope = /^@([^/]+)\//.exec(name)?.[1]?.toLowerCase()
  return scope === undefined || !estate.settings.firstPartyOwners.some((own) => own.toLowerCase() === scope)
}
