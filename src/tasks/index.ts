/** Every task, by name: a new task is its file and a line here. */
import { factbook } from './factbook.ts';
import { spam } from './spam.ts';
import type { Task } from './task.ts';

export const tasks = { factbook, spam } as const satisfies Readonly<Record<string, Task>>;

export type TaskName = keyof typeof tasks;

/** The task of that name. @throws RangeError naming the tasks there are. */
export function findTask(name: string): Task {
  if (Object.hasOwn(tasks, name)) return tasks[name as TaskName];
  throw new RangeError(
    `findTask: unknown task, got "${name}", expected one of ${Object.keys(tasks).join(', ')}`,
  );
}
