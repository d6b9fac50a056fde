import { homedir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@layerline/plan';
import { closest, distance } from 'fastest-levenshtein';
import { printableLine } from './display/printable.js';
import { TRAIN_OPTIONS, variableOf } from './train-options.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'LAYERLINE_';
/** Variables that are not options of `train`. */
const OTHER_VARIABLES = ['COORDINATOR', 'FINGERPRINT', 'TOKEN', 'TOKEN_FILE', 'TENSORFLOW'].map(
  (name) => `${PREFIX}${name}`,
);
const KNOWN = [...['preset', ...TRAIN_OPTIONS.map(({ key }) => key)].map(variableOf), ...OTHER_VARIABLES];
/** What the naming rule would make of the one option whose variable is an exception to it. */
const BY_RULE = `${PREFIX}DATA_DIR`;
/** Names further than this from every known one mean something else; of at most four letters, names further than 1. */
const TYPO_DISTANCE = 2;
const SHORT_NAME = 4;

/**
 * What Kubernetes and Docker set for a service whose name begins with `layerline`: where it is, which is no setting of ours.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const SERVICE_NAME = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/;
const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//;

/** The value of a variable; undefined if it is unset, empty, or set by a cluster for a service of that name. */
export function variable(name: string, environment: Environment): string | undefined {
  const value = environment[name];
  return value === undefined || value === '' || SERVICE_ADDRESS.test(value) ? undefined : value;
}

/** The value of a variable that holds a path. @throws ConfigError as {@link expandHome} does */
export function pathVariable(name: string, environment: Environment = process.env): string | undefined {
  const value = variable(name, environment);
  return value === undefined ? undefined : expandHome(value);
}

/** Refuses to begin in a folder that has been removed, in which nothing can be found or kept. @throws ConfigError */
export function refuseGoneFolder(): void {
  try {
    process.cwd();
  } catch (error) {
    throw new ConfigError('the folder that this is started in is not there any more: cd to another one', {
      cause: error,
    });
  }
}

/**
 * Refuses a variable whose name is close to one we know. All others that begin like ours are left alone: other programs may
 * have set them for their own use.
 * @throws ConfigError that names the one that may have been meant
 */
export function refuseMisspelt(environment: Environment): void {
  for (const name of Object.keys(environment)) {
    const isOurs = name.toUpperCase().startsWith(PREFIX) && !KNOWN.includes(name);
    if (!isOurs || SERVICE_NAME.test(name) || variable(name, environment) === undefined) continue;
    const meant = nearest(name.toUpperCase());
    if (meant !== undefined) {
      throw new ConfigError(`${printableLine(name)}: there is no such variable. Did you mean ${meant}?`);
    }
  }
}

function nearest(name: string): string | undefined {
  if (name === BY_RULE) return variableOf('dataDir');
  const near = closest(name, KNOWN);
  const most = name.length - PREFIX.length <= SHORT_NAME ? 1 : TYPO_DISTANCE;
  return distance(name, near) <= most ? near : undefined;
}

/**
 * Expands a leading `~` in a path as a shell would: shells do so only in some places, and never in files.
 * @throws ConfigError for another user's home, which only a shell can look up
 */
export function expandHome(path: string): string {
  const [first, ...rest] = path.split('/');
  if (first === '~') return join(homedir(), ...rest);
  if (first?.startsWith('~') !== true) return path;
  throw new ConfigError(
    `${printableLine(path)}: only a shell can look up the home folder ${printableLine(first)}: write out its path, or ./${printableLine(first)} if a folder has that name`,
  );
}
