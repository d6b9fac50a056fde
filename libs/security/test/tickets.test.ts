import { createHmac } from 'node:crypto';
import t from 'tap';
import { newSecret, TicketIssuer } from '../src/index.js';
import type { Grant } from '../src/index.js';

const GRANT: Grant = { run: 'run-1', incarnation: 2, generation: 3, stage: 'layer-1', operations: ['put snapshot'] };

t.test('a ticket is good for its grant, at every issuer that has the key', (t) => {
  const key = newSecret();
  const ticket = new TicketIssuer(key).issue(GRANT);
  t.match(ticket, /^[\w-]{43}$/);
  t.ok(new TicketIssuer(key).verify(ticket, { ...GRANT }));
  t.notOk(new TicketIssuer(newSecret()).verify(ticket, GRANT));
  const content = '["layerline-ticket.1","run-1",2,3,"layer-1",["put snapshot"]]';
  t.equal(ticket, createHmac('sha256', key).update(content).digest('base64url'));
  t.end();
});

t.test('it is good for nothing else', (t) => {
  const issuer = new TicketIssuer(newSecret());
  const ticket = issuer.issue(GRANT);
  const others: Partial<Grant>[] = [
    { run: 'run-2' },
    { run: 'Run-1' },
    { run: 'run-1 ' },
    { incarnation: 3 },
    { generation: 2 },
    { incarnation: 3, generation: 2 },
    { incarnation: 23, generation: 3 },
    { stage: 'layer-2' },
    { stage: '' },
    { operations: ['put model'] },
    { operations: ['put snapshot', 'get snapshot'] },
    { operations: [] },
  ];
  for (const other of others) t.notOk(issuer.verify(ticket, { ...GRANT, ...other }), JSON.stringify(other));
  t.end();
});

t.test('a ticket with any of its characters changed is none', (t) => {
  const issuer = new TicketIssuer(newSecret());
  const ticket = issuer.issue(GRANT);
  for (let at = 0; at < ticket.length; at++) {
    const changed = `${ticket.slice(0, at)}${ticket[at] === 'A' ? 'B' : 'A'}${ticket.slice(at + 1)}`;
    t.notOk(issuer.verify(changed, GRANT), changed);
  }
  for (const none of ['', ticket.slice(1), `${ticket}A`, ticket.toLowerCase(), 'ü'.repeat(43)]) {
    t.notOk(issuer.verify(none, GRANT), none);
  }
  t.end();
});

t.test('names may have any characters in them, and never run into each other', (t) => {
  const issuer = new TicketIssuer(newSecret());
  const grants: Grant[] = [];
  const names = [
    'a',
    '',
    '"',
    '","',
    'a","b',
    '\\',
    '\\"',
    ',',
    '\n',
    '\0',
    'ü',
    'u\u0308',
    '😀',
    '\ud83d',
    '\ude00',
    '\ufffd',
  ];
  for (const run of names) for (const stage of names) grants.push({ ...GRANT, run, stage });
  grants.push({ ...GRANT, run: 'a",2,3,"b' }, { ...GRANT, run: 'a', stage: '2,3' });
  t.equal(new Set(grants.map((grant) => issuer.issue(grant))).size, grants.length);
  for (const grant of grants) t.ok(issuer.verify(issuer.issue(grant), grant));
  t.end();
});
