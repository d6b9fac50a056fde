import { Coordinator, NodeLostError } from '@layerline/coordinator';
import { NodeAgent, numericsHere } from '@layerline/layer-node';
import type { Programs } from '@layerline/layer-node';
import { numericsOf } from '@layerline/pipeline';
import { planSchema } from '@layerline/plan';
import { parse } from '@layerline/protocol';
import { announce } from '../client/coordinators.js';
import type { Registration } from '../client/coordinators.js';
import { addressOf, LOOPBACK, newAuthority, serverOn } from '../loopback.js';
import { VERSION } from '../version.js';
import { InProcessExecutor } from './in-process-executor.js';
import { LOCAL_NODE } from './this-machine.js';
import type { ThisMachine } from './this-machine.js';

/** A coordinator for a single training on this machine, together with what carries it out. */
export interface LocalCoordinator {
  readonly coordinator: Coordinator;
  /** Where it is reached; undefined if it has opened no socket. */
  readonly address: string | undefined;
  /** Kills all processes of the training. */
  readonly killAll: () => void;
  /** Closes everything, including the machine's engine. */
  close(): Promise<void>;
}

/** Where a coordinator on this machine listens and writes. */
export interface LocalOptions {
  /** 0 for any free port. */
  readonly port: number;
  /** Folder of the runs. */
  readonly out: string;
  /** Whether it serves the dashboard. */
  readonly dashboard: boolean;
  /** Told if something keeps other commands from finding the training. */
  readonly say: (line: string) => void;
}

/**
 * Opens a coordinator on loopback and a node that joins it, which starts each stage in a process of its own.
 * @param programs the node's own
 * @throws ListenError if the port is unavailable
 */
export async function openPipeline(
  machine: ThisMachine,
  programs: Programs,
  { port, out, dashboard, say }: LocalOptions,
): Promise<LocalCoordinator> {
  const authority = newAuthority();
  const server = serverOn(port, dashboard);
  const coordinator = new Coordinator({ authority, server, version: VERSION, root: out, dedicated: true });
  await coordinator.start();
  const leave = announce(registrationOf(coordinator), say);
  const close = (): void => {
    leave();
    coordinator.stop();
  };
  let agent: NodeAgent;
  try {
    agent = await joinHere(coordinator, machine, programs);
  } catch (error) {
    // Nothing would end the process while it listens.
    close();
    throw error;
  }
  // No other node will ever join that a run could go on with.
  void agent.left.then((reason) => {
    for (const run of coordinator.runs.all) run.abort(new NodeLostError(LOCAL_NODE, reason));
  });
  return {
    coordinator,
    address: addressOf(coordinator),
    killAll: () => agent.killAll(),
    close: async () => {
      agent.leave();
      close();
      await machine.engine.close();
    },
  };
}

/** Has this machine join a coordinator that it serves itself. @throws Error if it cannot reach it */
async function joinHere(
  coordinator: Coordinator,
  { engine, capabilities }: ThisMachine,
  programs: Programs,
): Promise<NodeAgent> {
  const origin = `${LOOPBACK}:${coordinator.port}`;
  let isUsed = false;
  const agent = await NodeAgent.join({
    coordinator: `ws://${origin}`,
    token: coordinator.options.authority.tokens.node,
    name: LOCAL_NODE,
    version: VERSION,
    capabilities,
    programs,
    site: { host: LOOPBACK, ports: { from: 0, to: 0 }, coordinator: { origin: `http://${origin}` } },
    numerics: async (settings) => {
      if (isUsed) return numericsHere(settings);
      isUsed = true;
      // The stages have their own engines, and better use for this one's memory.
      return numericsOf(engine, parse(planSchema, settings)).finally(() => engine.close());
    },
  });
  await coordinator.nodes.until(([joined]) => joined, new AbortController().signal);
  return agent;
}

/**
 * Opens a coordinator that trains in this process. It opens no socket unless it serves the dashboard, or a port is given, on
 * which others can follow.
 * @throws ListenError if the port is unavailable
 */
export async function openInProcess(
  machine: ThisMachine,
  { port, out, dashboard, say }: LocalOptions,
): Promise<LocalCoordinator> {
  const executor = new InProcessExecutor(machine);
  const server = dashboard || port !== 0 ? serverOn(port, dashboard) : undefined;
  const options = { authority: newAuthority(), server, executor, version: VERSION, root: out, dedicated: true };
  const coordinator = new Coordinator(options);
  await coordinator.start();
  const leave = server === undefined ? () => undefined : announce(registrationOf(coordinator), say);
  return {
    coordinator,
    address: server && addressOf(coordinator),
    killAll: () => undefined,
    close: async () => {
      leave();
      coordinator.stop();
      await machine.engine.close();
    },
  };
}

function registrationOf(coordinator: Coordinator): Registration {
  const { tokens } = coordinator.options.authority;
  return { kind: 'training', address: addressOf(coordinator), tokens: { ...tokens } };
}
