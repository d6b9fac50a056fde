import { fileURLToPath } from 'node:url';

/** Folder of the dashboard's page: beside the programs, in a checkout as in the package. */
export const PAGE = fileURLToPath(new URL('../page/', import.meta.url));
