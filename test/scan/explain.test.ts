import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DETECTORS } from '#governance'
import { accounts, folderOf, reeve, reportOn } from './run-reeve.ts'

describe('--explain', () => {
  test('says everything about one finding, by the start of its fingerprint', async (t) => {
    const folder = await folderOf(t, { 'sa.yaml': accounts('one', 'two') })
    const { findings } = await reportOn(folder)
    for (const finding of findings) {
      for (const start of [finding.fingerprint, finding.fingerprint.slice(0, 14), finding.fingerprint.slice(4, 16)]) {
        const { stdout, stderr, code } = await reeve(['scan', folder, '--explain', start])
        assert.equal(code, 0, stderr)
        const flat = stdout.replaceAll(/\s+/g, ' ')
        for (const said of [finding.title, finding.remediation, ...finding.severityReasons, ...finding.controls]) {
          assert.ok(flat.includes(said.replaceAll(/\s+/g, ' ')), said)
        }
        assert.match(flat, /reeve:ignore\[/)
        assert.ok(flat.includes(`${finding.locations[0]?.file}:${finding.locations[0]?.startLine}`))
      }
    }
    const many = await reeve(['scan', folder, '--explain', 'fnd_'])
    assert.equal(many.code, 2)
    assert.match(many.stderr, /findings start with `fnd_`: fnd_/)
    const json = await reeve(['scan', folder, '--explain', findings[0]?.fingerprint ?? '', '--format', 'json'])
    assert.deepEqual((JSON.parse(json.stdout) as { finding: object }).finding, findings[0])
  })
})

describe('reeve detectors and reeve connectors', () => {
  test('list every detector, and say of one what it needs and cannot see', async () => {
    const { stdout } = await reeve(['detectors'])
    for (const { id } of DETECTORS) assert.ok(stdout.includes(id))
    for (const detector of DETECTORS.slice(0, 2)) {
      const one = (await reeve(['explain-detector', detector.id])).stdout.replaceAll(/\s+/g, ' ')
      for (const said of [detector.needs, detector.blindSpot, detector.remediation, ...detector.owasp]) {
        assert.ok(one.includes(said.replaceAll(/\s+/g, ' ')), said)
      }
    }
    const json = JSON.parse((await reeve(['detectors', '--format', 'json'])).stdout) as unknown[]
    assert.equal(json.length, DETECTORS.length)
  })

  test('list every connector with what it reads', async () => {
    assert.match((await reeve(['connectors'])).stdout, /^kubernetes {2}/m)
  })
})
