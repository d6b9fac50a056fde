import type { NodeConnection } from './node-connection.js';

/**
 * What to do if a stage could not be dialled at the address that its node goes by.
 * @param message of the failure @param dialler the node that dialled @param nodes of the run
 * @returns a sentence to append to the message, or an empty string
 */
export function adviceOnDialling(message: string, dialler: NodeConnection, nodes: readonly NodeConnection[]): string {
  const dialled = / dialling wss?:\/\/(\S+):\d+/.exec(message)?.[1];
  const node = nodes.find((other) => other !== dialler && other.capabilities.host === dialled);
  if (node === undefined) return '';
  return (
    `. Node ${node.name} gives ${dialled} as its address: restart it with --advertise and an address that ` +
    `${dialler.name} can reach, or with --dial-out`
  );
}
