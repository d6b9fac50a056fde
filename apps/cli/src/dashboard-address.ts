import { hostname } from 'node:os';
import type { Coordinator } from '@layerline/coordinator';
import { openBrowser } from './browser.js';
import { isLoopback } from './client/coordinators.js';

/** How to tell a user of the dashboard. */
export interface Showing {
  /** Whether it is a terminal that is told, and nothing that keeps what it is told. */
  readonly isTerminal: boolean;
  /** Whether to open it in the user's browser as well. */
  readonly open: boolean;
  readonly say: (line: string) => void;
}

/**
 * Where the dashboard of a coordinator is.
 * @param coordinator its address: `ws://host:port` or `wss://host:port`
 * @param url of a proxy in front of it, if there is one @param code that signs in; in the fragment, which no server is sent
 */
export function dashboardAddress(coordinator: string, url: string | null | undefined, code?: string): string {
  const address = new URL(url ?? coordinator.replace(/^ws/, 'http'));
  if (code !== undefined) address.hash = `code=${code}`;
  return address.href;
}

/** Tells the user where the dashboard is, if there is one. What signs in is told to terminals alone. */
export function showDashboard(coordinator: Coordinator, address: string, { isTerminal, open, say }: Showing): void {
  const { dashboard, codes } = coordinator;
  if (dashboard === undefined) return;
  const place = (code?: string): string => dashboardAddress(address, dashboard.url, code);
  say(
    isTerminal
      ? `Dashboard: ${place(codes.issue('operator'))}`
      : `Dashboard: ${place()} (layerline dashboard prints an address that signs you in)`,
  );
  if (open) openBrowser(place(codes.issue('operator')));
}

/** How to reach a dashboard on this machine's loopback from another machine; undefined if it is not there. */
export function tunnelTo(address: string): string | undefined {
  const { protocol, hostname: host, port, hash } = new URL(address);
  if (!isLoopback(host)) return undefined;
  return `From another machine: ssh -L ${port}:${host}:${port} ${hostname()}, and there ${protocol}//localhost:${port}/${hash}`;
}
