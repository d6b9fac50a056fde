/**
 * Keeps SIGUSR1 from opening Node's inspector, through which whoever reaches its port has this process do anything: Node leaves
 * the signal to a listener that is there. To be called first in each process.
 */
export function keepInspectorClosed(): void {
  // Windows has no such signal.
  if (process.platform !== 'win32') process.on('SIGUSR1', () => undefined);
}
