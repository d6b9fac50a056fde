import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { checkedProfile, connectionOf, connectionsOf } from '../src/client/connection.js';
import { register } from '../src/client/coordinators.js';
import {
  isProfileName,
  profileInUse,
  profileNames,
  readProfile,
  removeProfile,
  useProfile,
  writeProfile,
} from '../src/client/profiles.js';

const FINGERPRINT = 'ab'.repeat(32);
const LAB = { coordinator: 'wss://10.0.0.1:7878', fingerprint: FINGERPRINT };

t.beforeEach((t) => {
  const folder = t.testdir();
  process.env['XDG_CONFIG_HOME'] = join(folder, 'config');
  process.env['XDG_DATA_HOME'] = join(folder, 'data');
});

/** A file with a token: the first letter of its name, sixteen times. */
function file({ testdirName }: Pick<Test, 'testdirName'>, name: string): string {
  const path = join(testdirName, `${name}.token`);
  writeFileSync(path, name.charAt(0).repeat(16), { mode: 0o600 });
  return path;
}

t.test('a profile is kept for its user alone, and is whole or not there', (t) => {
  t.same(profileNames(), []);
  writeProfile('lab', LAB, false);
  writeProfile('desk', { coordinator: 'ws://127.0.0.1:7878' }, false);
  t.same(profileNames(), ['desk', 'lab']);
  t.same(readProfile('lab'), LAB);
  const folder = join(process.env['XDG_CONFIG_HOME'] ?? '', 'layerline', 'profiles');
  t.same(readdirSync(folder).sort(), ['desk.json', 'lab.json']);
  t.equal(statSync(join(folder, 'lab.json')).mode & 0o777, 0o600);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  t.throws(() => writeProfile('lab', LAB, false), {
    code: 'ERR_CONFIG',
    message: 'profiles: there is a profile lab already: choose another name, or give --replace',
  });
  writeProfile('lab', { ...LAB, coordinator: 'wss://10.0.0.2:7878' }, true);
  t.equal(readProfile('lab').coordinator, 'wss://10.0.0.2:7878');
  removeProfile('lab');
  t.same(profileNames(), ['desk']);
  t.end();
});

t.test('what is damaged, or could be from others, is not believed', (t) => {
  const folder = join(process.env['XDG_CONFIG_HOME'] ?? '', 'layerline', 'profiles');
  writeProfile('lab', LAB, false);
  chmodSync(folder, 0o777);
  t.throws(() => readProfile('lab'), { code: 'ERR_STATE_FOLDER', message: /^Others can write to the folder / });
  chmodSync(folder, 0o700);
  writeFileSync(join(folder, 'lab.json'), '{');
  t.throws(() => readProfile('lab'), {
    code: 'ERR_CONFIG',
    message: /^profiles: .*lab\.json is damaged: add it again with layerline profiles add lab --replace$/,
  });
  t.end();
});

t.test('a name stands wherever an address does, and what is given beside it comes first', (t) => {
  const [token, other] = [file(t, 'lab'), file(t, 'other')];
  writeProfile('lab', { ...LAB, tokenFile: token }, false);
  const reached = { addresses: ['wss://10.0.0.1:7878'], trust: { fingerprint: FINGERPRINT }, token: 'l'.repeat(16) };
  t.same(connectionOf({ coordinator: 'lab' }, 'operator', {}), reached);
  t.same(connectionOf({}, 'operator', { LAYERLINE_COORDINATOR: 'lab', LAYERLINE_TOKEN: 'x'.repeat(16) }), reached);
  t.same(connectionsOf({ coordinator: 'lab' }, 'viewer', {}), [reached]);
  const given = { coordinator: 'lab', tokenFile: other, fingerprint: 'CD'.repeat(32) };
  t.same(connectionOf(given, 'operator', {}), {
    ...reached,
    trust: { fingerprint: 'cd'.repeat(32) },
    token: 'o'.repeat(16),
  });
  t.end();
});

t.test('an unknown name is told with the known ones', (t) => {
  const unknown = (name: string): (() => unknown) => {
    return () => connectionOf({ coordinator: name }, 'operator', {});
  };
  t.throws(unknown('lab'), {
    code: 'ERR_CONFIG',
    message:
      'coordinator: "lab" is neither an address such as wss://host:7878 nor the name of a profile: there is none yet, and ' +
      'layerline profiles add lab --coordinator wss://host:7878 makes one',
  });
  writeProfile('lab', LAB, false);
  writeProfile('desk', LAB, false);
  t.throws(unknown('lap'), {
    code: 'ERR_CONFIG',
    message: 'coordinator: there is no profile "lap": known are desk, lab. Did you mean lab?',
  });
  t.throws(() => removeProfile('lap'), { code: 'ERR_CONFIG' });
  t.throws(() => useProfile('lap'), { code: 'ERR_CONFIG' });
  t.end();
});

t.test('the profile in use is meant where none is named, and local is this machine', (t) => {
  const tokens = { node: 'n'.repeat(16), operator: 'o'.repeat(16), viewer: 'v'.repeat(16) };
  const leave = register({ kind: 'cluster', address: 'ws://127.0.0.1:4001', tokens });
  t.teardown(leave);
  const addresses = (coordinator?: string): readonly string[] =>
    connectionOf(coordinator === undefined ? {} : { coordinator }, 'operator', {}).addresses;
  writeProfile('lab', { ...LAB, tokenFile: file(t, 'lab') }, false);
  t.same(addresses(), ['ws://127.0.0.1:4001']);
  useProfile('lab');
  t.equal(profileInUse(), 'lab');
  t.same(addresses(), ['wss://10.0.0.1:7878']);
  t.same(addresses('local'), ['ws://127.0.0.1:4001']);
  useProfile('local');
  t.same(addresses(), ['ws://127.0.0.1:4001']);
  useProfile('lab');
  removeProfile('lab');
  t.equal(profileInUse(), undefined, 'what is gone is not in use');
  t.end();
});

t.test('names are no addresses, no paths, and not the one of this machine', (t) => {
  for (const name of ['lab', 'lab-2.x', 'A_b', '7']) t.ok(isProfileName(name), name);
  for (const name of ['', '-x', '.x', 'a/b', 'ws://a', 'a:1', 'a,b', 'a b', 'x'.repeat(61)]) {
    t.notOk(isProfileName(name), name);
    t.throws(() => writeProfile(name, LAB, false), { code: 'ERR_CONFIG', message: /^profiles: ".*" cannot be a name/ });
  }
  t.throws(() => writeProfile('local', LAB, false), { code: 'ERR_CONFIG', message: /not be "local"/ });
  t.end();
});

t.test('what could not be reached is not kept', (t) => {
  const tokenFile = file(t, 'lab');
  t.same(checkedProfile({ ...LAB, fingerprint: 'AB:'.repeat(31) + 'AB', tokenFile }), { ...LAB, tokenFile });
  t.throws(() => checkedProfile({ coordinator: 'lab' }), { message: /"lab" is not an address/ });
  t.throws(() => checkedProfile({ coordinator: 'ws://10.0.0.1:7878' }), {
    message: /would send the token unencrypted/,
  });
  t.throws(() => checkedProfile({ ...LAB, fingerprint: 'abc' }), { message: /is not the SHA-256 fingerprint/ });
  t.throws(() => checkedProfile({ ...LAB, tokenFile: '/nonexistent' }), { code: 'ERR_TOKEN' });
  t.end();
});
