/** Names of variables that hold secrets, such as `LAYERLINE_TOKEN`. Windows ignores their case. */
const SECRET = /^LAYERLINE_.*TOKEN/i;

/**
 * The environment for a process that a node starts: the node's own, without its secrets. A stage gets a ticket for each of
 * its links and one for its parts; with a token, it or anything it starts could pass for a node or an operator.
 */
export function withoutSecrets(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !SECRET.test(name)));
}
