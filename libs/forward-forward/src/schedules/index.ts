import { moduleOf, namesOf } from '../module.js';
import type { SettingsOf } from '../module.js';
import { constant } from './constant.js';
import { cosine } from './cosine.js';
import { lateLinear } from './late-linear.js';
import type { Progress, Schedule } from './schedule.js';
import { steps } from './steps.js';

/** Every schedule. */
export const SCHEDULES = [lateLinear, constant, cosine, steps] as const;

export type ScheduleName = (typeof SCHEDULES)[number]['name'];
export const SCHEDULE_NAMES = namesOf(SCHEDULES);
export type ScheduleSettings = SettingsOf<(typeof SCHEDULES)[number]>;

/** A schedule by its name. */
export function scheduleOf(name: ScheduleName): Schedule {
  return moduleOf<Schedule>(SCHEDULES, name);
}

/** The learning rate of a step. @param base the initial rate */
export function learningRateAt(base: number, { name, ...numbers }: ScheduleSettings, progress: Progress): number {
  return base * scheduleOf(name).factor(progress, numbers);
}
