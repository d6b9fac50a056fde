import { execFileSync } from 'node:child_process';
import { isAlive } from './processes.js';
import type { Scope } from './scope.js';

/** Of all namespaces that the tests make. The process that has made one stands in its name. */
const PREFIX = 'layerline';
/** Addresses that only exist inside of the namespaces, so that two networks at once do not meet. */
const ADDRESS_PREFIX = '10.77.0.';
const ADDRESS_PREFIX_6 = 'fd77::';
/** A hardware address that nobody has: what is sent there is lost without a word. */
const NOBODY = '02:00:00:00:00:00';
const CARD = 'eth0';
let networks = 0;

/** Why there can be no hosts here, or false. In CI there is no excuse. */
export const NO_HOSTS =
  process.env['CI'] === undefined &&
  (process.platform !== 'linux' || process.getuid?.() !== 0) &&
  'hosts are network namespaces, which only root on Linux can make';

/** A machine in all that programs see of the network: with its own address, its own ports and its own loopback. */
export class Host {
  constructor(
    readonly namespace: string,
    readonly address: string,
    readonly cable: { readonly at: string; readonly port: string },
  ) {}

  /** What stands before a command line that is to run here. */
  get prefix(): string[] {
    return within(this.namespace);
  }

  /** The same host, known by an address of IPv6 that it gets beside its other one. */
  withIpv6(): Host {
    const address = this.address.replace(ADDRESS_PREFIX, ADDRESS_PREFIX_6);
    ip('-n', this.namespace, 'addr', 'add', `${address}/64`, 'dev', CARD, 'nodad');
    return new Host(this.namespace, address, this.cable);
  }

  /** Pulls the cable: nothing comes in or goes out, and nobody is told. */
  cut(): void {
    ip('-n', this.cable.at, 'link', 'set', this.cable.port, 'down');
  }

  /** Plugs the cable in again. */
  mend(): void {
    ip('-n', this.cable.at, 'link', 'set', this.cable.port, 'up');
  }

  /** Loses what this host sends to another. What that one sends still arrives. */
  cutTowards({ address }: Host): void {
    ip('-n', this.namespace, 'neigh', 'replace', address, 'lladdr', NOBODY, 'dev', CARD, 'nud', 'permanent');
  }

  /** Lets what this host sends to another arrive again. */
  mendTowards({ address }: Host): void {
    ip('-n', this.namespace, 'neigh', 'del', address, 'dev', CARD);
  }
}

/** What stands before a command line that is to run in a network namespace. `ip` becomes what it starts. */
export function within(namespace: string): string[] {
  return ['ip', 'netns', 'exec', namespace];
}

/** Makes hosts, which a switch connects, for as long as a test or another scope takes. Needs root. */
export function makeHosts(scope: Scope, count: number): Host[] {
  removeOrphans();
  const name = `${PREFIX}-${process.pid}-${networks++}`;
  const hub = `${name}-switch`;
  const made = [hub];
  scope.teardown(() => made.forEach(remove));
  ip('netns', 'add', hub);
  ip('-n', hub, 'link', 'add', 'hub', 'type', 'bridge');
  ip('-n', hub, 'link', 'set', 'hub', 'up');
  return Array.from({ length: count }, (_, index) => {
    const namespace = `${name}-${index + 1}`;
    const address = `${ADDRESS_PREFIX}${index + 1}`;
    const port = `port${index + 1}`;
    ip('netns', 'add', namespace);
    made.push(namespace);
    ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', CARD, 'netns', namespace);
    ip('-n', hub, 'link', 'set', port, 'master', 'hub', 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', CARD);
    ip('-n', namespace, 'link', 'set', CARD, 'up');
    return new Host(namespace, address, { at: hub, port });
  });
}

/** Removes what tests that were killed have left. */
function removeOrphans(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [, namespace, maker] = new RegExp(`^(${PREFIX}-(\\d+)-\\S+)`).exec(line) ?? [];
    if (namespace !== undefined && !isAlive(Number(maker))) remove(namespace);
  }
}

/** Removes a namespace with the processes in it, which would keep it alive. */
function remove(namespace: string): void {
  for (const pid of ip('netns', 'pids', namespace).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  ip('netns', 'del', namespace);
}

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8' });
}
