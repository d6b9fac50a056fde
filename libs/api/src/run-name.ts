import * as z from 'zod';

/** What a person calls a run. It ends the run's id, and with it the name of the run's folder. */
export const runName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9._-]{1,48}[A-Za-z0-9]$/,
    'a name has 3 to 50 letters, digits, dots, underscores and hyphens; it begins with a letter, and ends with a letter or digit',
  );
