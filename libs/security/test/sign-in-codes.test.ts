import t from 'tap';
import { ROLES, SignInCodes } from '../src/index.js';

const MINUTE = 60_000;
const HERE = '127.0.0.1';

/** Codes by a clock that is moved by hand. */
function codesAt(): { codes: SignInCodes; pass: (milliseconds: number) => void } {
  let time = 1234;
  return { codes: new SignInCodes(() => time), pass: (milliseconds) => (time += milliseconds) };
}

const NO_GOOD = {
  name: 'SignInError',
  code: 'ERR_SIGN_IN_CODE',
  message: 'this address has been used already, or is older than ten minutes: layerline dashboard prints a new one',
};
const TOO_MANY = {
  code: 'ERR_SIGN_IN_RATE',
  message: 'too many wrong codes have come from your address: wait for a minute',
};

t.test('a code gives its role once', (t) => {
  const { codes } = codesAt();
  for (const role of ROLES) {
    const code = codes.issue(role);
    t.match(code, /^[\w-]{43}$/, '256 bits, which need no escapes in an address');
    t.equal(codes.redeem(code, HERE), role);
    t.throws(() => codes.redeem(code, HERE), NO_GOOD);
  }
  t.throws(() => codes.redeem('guess', HERE), NO_GOOD);
  t.end();
});

t.test('it is good for ten minutes', (t) => {
  const { codes, pass } = codesAt();
  const [first, second] = [codes.issue('viewer'), codes.issue('viewer')];
  pass(10 * MINUTE - 1);
  t.equal(codes.redeem(first, HERE), 'viewer');
  pass(1);
  t.throws(() => codes.redeem(second, HERE), NO_GOOD);
  t.end();
});

t.test('the hundred newest are good, and no more are kept', (t) => {
  const { codes } = codesAt();
  const issued = Array.from({ length: 101 }, () => codes.issue('viewer'));
  t.throws(() => codes.redeem(issued[0] ?? '', HERE), NO_GOOD);
  for (const code of issued.slice(1)) t.equal(codes.redeem(code, HERE), 'viewer');
  t.end();
});

t.test('whoever tries many wrong ones has to wait, keeping nobody else out', (t) => {
  const { codes, pass } = codesAt();
  const good = codes.issue('operator');
  for (let tries = 1; tries <= 10; tries++) t.throws(() => codes.redeem(`guess ${tries}`, HERE), NO_GOOD);
  t.throws(() => codes.redeem('guess', HERE), TOO_MANY);
  t.throws(() => codes.redeem('guess', '10.0.0.2'), NO_GOOD, 'another address');
  t.equal(codes.redeem(good, HERE), 'operator', 'a good one from the same address');
  pass(MINUTE - 1);
  t.throws(() => codes.redeem('guess', HERE), TOO_MANY);
  pass(1);
  t.throws(() => codes.redeem('guess', HERE), NO_GOOD);
  for (let other = 0; other < 1000; other++) t.throws(() => codes.redeem('guess', `2001:db8::${other}`), NO_GOOD);
  t.end();
});
