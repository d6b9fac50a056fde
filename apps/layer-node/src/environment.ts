/** Names of variables that hold secrets, such as `LAYERLINE_TOKEN`. Windows ignores their case. */
const SECRET = /^LAYERLINE_.*TOKEN/i;

/**
 * The environment for a process that a node starts: its own without the node's secrets. A stage has a ticket for each of its
 * links and a secret for its parts; with a token, it or what it starts could pass for a node or an operator.
 */
export function withoutSecrets(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !SECRET.test(name)));
}
