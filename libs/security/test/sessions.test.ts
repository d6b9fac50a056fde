import { createHmac } from 'node:crypto';
import t from 'tap';
import { newSecret, ROLES, SESSION_SECONDS, SessionIssuer } from '../src/index.js';

const KEYS = { viewer: newSecret(), operator: newSecret() };
const NOW = 1_800_000_000_999;
const END = 1_800_000_000 + 30 * 24 * 3600;

t.test('a session gives its role for thirty days, at every server that has the tokens', (t) => {
  t.equal(SESSION_SECONDS, 2_592_000);
  for (const role of ROLES) {
    const session = new SessionIssuer(KEYS).issue(role, NOW);
    const signature = createHmac('sha256', KEYS[role])
      .update(`["layerline-session.1","${role}",${END}]`)
      .digest('base64url');
    t.equal(session, `${role}.${END}.${signature}`);
    const restarted = new SessionIssuer({ ...KEYS });
    for (const now of [NOW, END * 1000 - 1]) t.equal(restarted.verify(session, now), role);
    for (const now of [END * 1000, END * 1000 + 1]) t.equal(restarted.verify(session, now), undefined);
  }
  t.equal(new SessionIssuer(KEYS).verify(new SessionIssuer(KEYS).issue('viewer')), 'viewer', 'by the clock');
  t.end();
});

t.test('it ends with the token of its role, and not with that of another', (t) => {
  const issuer = new SessionIssuer(KEYS);
  const renewed = new SessionIssuer({ ...KEYS, viewer: newSecret() });
  t.equal(renewed.verify(issuer.issue('viewer')), undefined);
  t.equal(renewed.verify(issuer.issue('operator')), 'operator');
  t.end();
});

t.test('it cannot be turned into another, not even where both roles have one token', (t) => {
  const token = newSecret();
  const issuer = new SessionIssuer({ viewer: token, operator: token });
  const session = issuer.issue('viewer', NOW);
  const [, end = '', signature = ''] = session.split('.');
  const others = [
    `operator.${end}.${signature}`,
    `viewer.${Number(end) + 1}.${signature}`,
    `node.${end}.${signature}`,
    `viewer.${end}`,
    `viewer.${end}.`,
    `${session} `,
    `${session}.`,
    session.toUpperCase(),
    '',
  ];
  for (const other of others) {
    t.equal(issuer.verify(other, NOW), undefined, other);
  }
  for (let at = 0; at < signature.length; at++) {
    const changed = `${signature.slice(0, at)}${signature[at] === 'A' ? 'B' : 'A'}${signature.slice(at + 1)}`;
    t.equal(issuer.verify(`viewer.${end}.${changed}`, NOW), undefined, changed);
  }
  t.end();
});
