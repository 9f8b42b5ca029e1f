import { z } from 'zod';

/** What people call something: one line of text in any script. */
export const nameSchema = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine(
    (value) => !/\p{Cc}/u.test(value),
    'must not contain line breaks, tabs or other control characters',
  );
