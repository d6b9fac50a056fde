import { Coordinator } from '@layerline/coordinator';
import { Authority, newSecret } from '@layerline/security';
import { hostname } from 'node:os';
import t from 'tap';
import { dashboardAddress, showDashboard, tunnelTo } from '../src/dashboard-address.js';

const ADDRESS = 'ws://127.0.0.1:7878';

/** What a user is told of the dashboard of a coordinator. */
function told(
  isTerminal: boolean,
  dashboard?: { page: string; url?: string },
): { coordinator: Coordinator; lines: string[] } {
  const tokens = { node: newSecret(), operator: newSecret(), viewer: newSecret() };
  const authority = new Authority(tokens, ['127.0.0.1']);
  const server = { host: '127.0.0.1', port: 0, dashboard };
  const coordinator = new Coordinator({ authority, server, version: '1', root: 'runs' });
  const lines: string[] = [];
  showDashboard(coordinator, ADDRESS, { isTerminal, open: false, say: (line) => lines.push(line) });
  return { coordinator, lines };
}

t.test('a terminal is told an address that signs an operator in, and nothing else is', (t) => {
  const { coordinator, lines } = told(true, { page: 'page' });
  t.match(lines, [/^Dashboard: http:\/\/127\.0\.0\.1:7878\/#code=[\w-]{43}$/]);
  t.equal(coordinator.codes.redeem(lines[0]?.split('code=')[1] ?? '', '127.0.0.1'), 'operator');
  t.same(told(false, { page: 'page' }).lines, [
    'Dashboard: http://127.0.0.1:7878/ (layerline dashboard prints an address that signs you in)',
  ]);
  t.match(told(true, { page: 'page', url: 'https://desk.example/' }).lines, [
    /^Dashboard: https:\/\/desk\.example\/#code=/,
  ]);
  t.same(told(true).lines, []);
  t.end();
});

t.test('the page is where the coordinator is, or its proxy', (t) => {
  t.equal(dashboardAddress('wss://10.0.0.1:7878', null), 'https://10.0.0.1:7878/');
  t.equal(dashboardAddress('ws://[::1]:7878', undefined, 'abc'), 'http://[::1]:7878/#code=abc');
  t.equal(dashboardAddress('ws://127.0.0.1:7878', 'https://desk.example/', 'abc'), 'https://desk.example/#code=abc');
  t.end();
});

t.test('what is on loopback is reached through a tunnel', (t) => {
  t.equal(
    tunnelTo('http://127.0.0.1:7878/#code=abc'),
    `From another machine: ssh -L 7878:127.0.0.1:7878 ${hostname()}, and there http://localhost:7878/#code=abc`,
  );
  t.match(tunnelTo('https://[::1]:7878/'), /ssh -L 7878:\[::1\]:7878 .*, and there https:\/\/localhost:7878\/$/);
  t.equal(tunnelTo('https://10.0.0.1:7878/'), undefined);
  t.equal(tunnelTo('https://desk.example/'), undefined);
  t.end();
});
