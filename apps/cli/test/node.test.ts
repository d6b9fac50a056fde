import type { NetworkInterfaceInfo } from 'node:os';
import t from 'tap';
import { everyAddress } from '../src/commands/node.js';

const COMMON = { netmask: '', mac: '', internal: false, cidr: null };
const IPV4: NetworkInterfaceInfo = { ...COMMON, family: 'IPv4', address: '10.0.0.2' };
const IPV6: NetworkInterfaceInfo = { ...COMMON, family: 'IPv6', address: 'fd00::2', scopeid: 0 };

await t.test('stages listen at IPv6 where the machine has it', (t) => {
  t.equal(everyAddress({ eth0: [IPV4] }), '0.0.0.0');
  t.equal(everyAddress({ eth0: [IPV4, IPV6] }), '::');
  t.equal(everyAddress({ lo: [IPV4], eth0: [IPV6] }), '::');
  t.equal(everyAddress({}), '0.0.0.0');
  t.end();
});
