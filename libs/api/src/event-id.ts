import * as z from 'zod';
import { EVENT_ID_TEXT } from './event-order.js';

/** An event's id, checked. */
export const eventIdText = z.string().regex(EVENT_ID_TEXT, 'an event id looks like 2.0.57');
