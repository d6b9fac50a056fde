import { coresHere, memoryHere } from '@layerline/process';
import type { Capabilities } from '@layerline/protocol';
import { newSecret } from '@layerline/security';
import type { Certificate, PortRange, Trust } from '@layerline/security';
import pRetry, { AbortError } from 'p-retry';
import { NodeAgent } from './agent.js';
import { datasetsHere } from './datasets-here.js';
import type { OwnDataset } from './datasets-here.js';
import { enginesHere } from './examiner.js';
import { Fence } from './fence.js';
import type { Programs } from './programs.js';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5_000;
/** Node.js's error codes for certificates that nobody vouches for. */
const UNVOUCHED: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

export interface NodeServiceOptions {
  /** `ws://host:port` or `wss://host:port` where a coordinator may be, tried in turn. */
  readonly coordinators: readonly string[];
  readonly trust: Trust | undefined;
  readonly token: string;
  readonly name: string;
  readonly version: string;
  /** Address that stages listen on. */
  readonly bind: string;
  /** Where neighbours reach them; by default, the address from which the coordinator is reached. */
  readonly advertise: string | undefined;
  readonly ports: PortRange;
  /** The certificate that stages present to neighbours; without one, they serve in the clear. */
  readonly certificate: Certificate | undefined;
  /** Whether stages can only dial out. */
  readonly dialsOut: boolean;
  readonly slots: number;
  /** The machine's own programs, which can stand in for layers. */
  readonly programs: Programs;
  /** Folder of IDX files, looked in besides the cache. */
  readonly dataDirectory: string | undefined;
  /** Data of its own. */
  readonly datasets: readonly OwnDataset[];
  /** Ends the service. */
  readonly signal: AbortSignal;
  /** Called with a sentence whenever something happens. */
  readonly say: (sentence: string) => void;
}

/**
 * Keeps a machine in the service of a coordinator: joins, and rejoins whenever the connection is lost, with exponential
 * delays and jitter. Ends when the signal is aborted.
 * @throws ConnectionLostError, UntrustedServerError if the first attempt to join is refused: waiting would not help
 */
export async function serveAsNode(options: NodeServiceOptions): Promise<void> {
  const { signal, say, name } = options;
  const capabilities = await capabilitiesOf(options);
  const membership = { fence: new Fence(), instance: newSecret() };
  let isKnown = false;
  while (!signal.aborted) {
    const joined = await joinAny(options, capabilities, membership, isKnown);
    if (joined === undefined) return;
    isKnown = true;
    const { agent, coordinator } = joined;
    say(`joined ${coordinator} as ${name}`);
    const leave = (): void => agent.leave();
    signal.addEventListener('abort', leave);
    const reason = await agent.left;
    signal.removeEventListener('abort', leave);
    if (!signal.aborted) say(`lost ${coordinator}: ${reason}. All stages have been stopped; rejoining`);
  }
}

/** What this machine has to offer. */
async function capabilitiesOf(options: NodeServiceOptions): Promise<Omit<Capabilities, 'host'>> {
  const { ports, dialsOut, certificate, slots, programs, dataDirectory } = options;
  const datasets = await datasetsHere(dataDirectory, options.datasets);
  return {
    ports,
    dialsOut,
    ...(certificate === undefined ? {} : { fingerprint: certificate.fingerprint }),
    cores: coresHere(),
    memory: memoryHere(),
    slots,
    engines: await enginesHere(),
    datasets,
    programs: [...programs.keys()],
  };
}

/** What a node carries over from one connection to the next. */
interface Membership {
  readonly fence: Fence;
  readonly instance: string;
}

interface Joined {
  readonly agent: NodeAgent;
  readonly coordinator: string;
}

/**
 * Joins the first coordinator that lets this node in, trying for as long as it takes.
 * @param isKnown whether one has let it in before: a refusal may then be temporary
 * @returns undefined if the service is to end
 */
async function joinAny(
  options: NodeServiceOptions,
  capabilities: Omit<Capabilities, 'host'>,
  membership: Membership,
  isKnown: boolean,
): Promise<Joined | undefined> {
  const { coordinators, signal, say } = options;
  const attempt = async (): Promise<Joined> => {
    const failures: Error[] = [];
    for (const coordinator of coordinators) {
      try {
        return { agent: await join(coordinator, options, capabilities, membership), coordinator };
      } catch (error) {
        failures.push(error as Error);
      }
    }
    const [first] = failures as [Error];
    // Of those that answer there is more to say than of those that do not.
    const told = failures.find(isRefusal) ?? failures.find(hasAnswered) ?? first;
    throw !isKnown && failures.every(isRefusal) ? new AbortError(told) : told;
  };
  try {
    return await pRetry(attempt, {
      retries: Infinity,
      minTimeout: FIRST_DELAY_MS,
      maxTimeout: LONGEST_DELAY_MS,
      randomize: true,
      signal,
      onFailedAttempt: ({ error, attemptNumber }) => {
        if (attemptNumber === 1) say(`${error.message}; trying again until it answers`);
      },
    });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

function join(
  coordinator: string,
  options: NodeServiceOptions,
  capabilities: Omit<Capabilities, 'host'>,
  membership: Membership,
): Promise<NodeAgent> {
  const { trust, token, name, version, bind, advertise, ports, certificate, programs } = options;
  const site = {
    host: bind,
    ports,
    ...(certificate === undefined ? {} : { certificate }),
    coordinator: { origin: coordinator.replace(/^ws/, 'http'), ...(trust === undefined ? {} : { trust }) },
  };
  return NodeAgent.join({
    coordinator,
    trust,
    token,
    name,
    version,
    advertise,
    capabilities,
    site,
    programs,
    ...membership,
  });
}

function hasAnswered({ cause }: Error): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.syscall === undefined;
}

/** Where nothing is listening yet, something may soon; a coordinator that refuses will refuse again. */
function isRefusal(error: Error & { readonly code?: string }): boolean {
  const { code: cause } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return error.code === 'ERR_UNTRUSTED_SERVER' || UNVOUCHED.has(cause) || / answered \d/.test(error.message);
}
