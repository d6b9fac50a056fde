import { formatRoute } from '../routes.js';

/** The fragment that leads to where one can look at a test image. */
export function lookLink(run: string, image: number): string {
  return `${formatRoute({ page: 'run', run, tab: 'layers' })}?image=${image}`;
}

/** The test image that a fragment names, if any. */
export function imageIn(fragment: string): number | undefined {
  const image = new URLSearchParams(fragment.split('?')[1]).get('image') ?? '';
  return /^\d{1,9}$/.test(image) ? Number(image) : undefined;
}
