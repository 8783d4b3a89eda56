import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Observation } from '#kernel'
import { offerText } from '../read/offer-text.ts'
import { people } from './people.ts'

const only = <T extends Observation['type']>(observations: readonly Observation[], type: T) =>
  observations.filter((each): each is Extract<Observation, { type: T }> => each.type === type)

test('a feed is read whatever its header spells: status, dates, several handles', () => {
  const text =
    'Employee ID;Full Name;E-mail;Manager;Status;Start Date;End Date;Handles\n7;Zoë Ött;Zoe@X.example;1;Terminated;2020-01-02;2026-06-30;zoe octo-zoe\n'
  const [person] = only(offerText(people, 'hr.csv', text), 'person')
  assert.equal(person?.personId, '7')
  assert.equal(person?.status, 'leaver')
  assert.deepEqual(person?.emails, ['zoe@x.example'])
  assert.deepEqual(person?.handles, ['zoe', 'octo-zoe'])
  assert.equal(person?.endAt, '2026-06-30T00:00:00.000Z')
})

test('a status that nobody foresaw is unknown, not active', () => {
  const [person] = only(offerText(people, 'a.csv', 'id,email,status\n1,a@x.example,seconded\n'), 'person')
  assert.equal(person?.status, 'unknown')
})

test('a person without an id is a problem with its line; the rest of the feed is read', () => {
  const facts = offerText(people, 'a.csv', 'id,email,status\n,a@x.example,active\n2,b@x.example,active\n')
  assert.deepEqual(
    only(facts, 'problem').map(({ startLine }) => startLine),
    [2],
  )
  assert.deepEqual(
    only(facts, 'person').map(({ personId }) => personId),
    ['2'],
  )
})

test('teams are read by their own header, and other tables are left alone', () => {
  assert.deepEqual(
    only(offerText(people, 't.csv', 'team_id,name,lead\nops,Operations,P1\n'), 'team').map(({ name, leadId }) => [
      name,
      leadId,
    ]),
    [['Operations', 'P1']],
  )
  assert.deepEqual(offerText(people, 'x.csv', 'id,price\n1,2\n'), [])
})

test('a table that breaks off says so and gives what came before', () => {
  const facts = offerText(people, 'a.csv', 'id,email,status\n1,a@x.example,active\n2,"b@x')
  assert.deepEqual(
    only(facts, 'person').map(({ personId }) => personId),
    ['1'],
  )
  assert.equal(only(facts, 'problem').length, 1)
})
