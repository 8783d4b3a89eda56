import assert from 'node:assert/strict'
import { test } from 'node:test'
import { untrustedFieldsIn } from './expressions.ts'
import { readSteps } from './job-steps.ts'
import { checksOutPullRequestHead, excludesStrangers, injectionsIn } from './untrusted-code.ts'

const stepOf = (node: object): ReturnType<typeof readSteps>[number] => {
  const [step] = readSteps([node], [])
  assert.ok(step !== undefined)
  return step
}

test('a field is untrusted where its text is inserted, not where it is compared', () => {
  assert.deepEqual(untrustedFieldsIn('echo ${{ github.event.issue.title }}'), ['github.event.issue.title'])
  assert.deepEqual(untrustedFieldsIn("x ${{ github.event_name == 'a' && github.head_ref || github.ref }}"), [
    'github.head_ref',
  ])
  assert.deepEqual(untrustedFieldsIn('${{ github.event.commits[0].message }}').length, 1)
  for (const harmless of [
    'github.event.issue.title',
    '${{ github.event.issue.number }}',
    "${{ contains(github.event.comment.body, '/deploy') }}",
    "${{ github.head_ref == 'main' }}",
    '${{ github.event.pull_request.head.sha }}',
    '${{ github.ref_name }}',
  ])
    assert.deepEqual(untrustedFieldsIn(harmless), [], harmless)
})

test('the head of a pull request is recognised however it is checked out', () => {
  const heads = [
    { uses: 'actions/checkout@v4', with: { ref: '${{ github.event.pull_request.head.sha }}' } },
    { uses: 'actions/checkout@v4', with: { ref: 'refs/pull/${{ github.event.number }}/merge' } },
    { uses: 'actions/checkout@v4', with: { ref: '${{ github.event.workflow_run.head_sha }}' } },
    { uses: 'actions/checkout@v4', with: { repository: '${{ github.event.pull_request.head.repo.full_name }}' } },
    { run: 'gh pr checkout ${{ github.event.number }}' },
    { run: 'git fetch origin ${{ github.head_ref }}' },
  ]
  for (const node of heads) assert.equal(checksOutPullRequestHead(stepOf(node)), true, JSON.stringify(node))
  const others = [
    { uses: 'actions/checkout@v4' },
    { uses: 'actions/checkout@v4', with: { ref: '${{ github.event.pull_request.base.sha }}' } },
    { uses: 'actions/github-script@v7', with: { ref: '${{ github.head_ref }}' } },
    { run: 'echo ${{ github.head_ref }}' },
    { run: 'git fetch origin main' },
  ]
  for (const node of others) assert.equal(checksOutPullRequestHead(stepOf(node)), false, JSON.stringify(node))
})

test('a condition that keeps strangers out is believed, alternatives are not', () => {
  assert.equal(excludesStrangers('github.event.pull_request.head.repo.full_name == github.repository'), true)
  assert.equal(excludesStrangers('!github.event.pull_request.head.repo.fork && true'), true)
  assert.equal(excludesStrangers("github.event.comment.author_association == 'OWNER'"), true)
  assert.equal(excludesStrangers("head.repo.full_name == github.repository || github.actor == 'x'"), false)
  assert.equal(excludesStrangers("github.event.label.name == 'ok'"), false)
})

test('a variable from outside that reaches the environment file is an injection, a literal is none', () => {
  const env = { TITLE: '${{ github.event.pull_request.title }}' }
  const kinds = (run: string): string[] => [...injectionsIn(stepOf({ run, env }))].map(({ into }) => into)
  assert.deepEqual(kinds('echo "T=$TITLE" >> $GITHUB_ENV'), ['environment-file'])
  assert.deepEqual(kinds('m=$(echo "$TITLE" | tr a b)\necho "$m" >> "$GITHUB_PATH"'), ['environment-file'])
  assert.deepEqual(kinds('echo "A=b" >> $GITHUB_ENV\necho "$TITLE"'), [])
  assert.deepEqual(kinds('echo "$TITLE" >> $GITHUB_OUTPUT'), [])
})

test('a script for an action is a script', () => {
  const script = 'core.info("${{ github.event.comment.body }}")'
  assert.deepEqual(
    [...injectionsIn(stepOf({ uses: 'actions/github-script@v7', with: { script } }))].map(({ into }) => into),
    ['script'],
  )
})
