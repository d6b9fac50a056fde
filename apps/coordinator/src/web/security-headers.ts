import type { ServerResponse } from 'node:http';

/**
 * What a browser is told with every answer. Nothing is loaded from elsewhere or sent there, no script or style stands in
 * markup, and no other page may embed this one or what it loads.
 * https://www.w3.org/TR/CSP3/
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-resource-policy': 'same-origin',
  // With `no-referrer`, some requests of our own page would come with the `Origin` null (Fetch, "append a request Origin header").
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** Has an answer carry {@link SECURITY_HEADERS}, whoever writes it. */
export function secureAnswer(response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
}
